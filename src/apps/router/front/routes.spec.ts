import { describe, expect, it } from '@jest/globals';
import { isClients, isOpen, isOwn, ownMethods } from './routes.js';

describe(isOwn.name, () => {
  it.each([
    ['GET', '/workers'],
    ['POST', '/workers/'],
    ['DELETE', '/workers'],
    ['PATCH', '/workers/http://a:1'],
    ['HEAD', '/readiness'],
    ['GET', '/flush_cache'],
    ['GET', '/metrics/'],
    ['GET', '/v1/models'],
    ['HEAD', '/v1/models/org/model'],
  ])('is so for %s %s', (method, path) => expect(isOwn(method, path)).toBe(true));

  it.each([
    ['GET', '/'],
    ['GET', '/v1/modelsx'],
    ['DELETE', '/v1/models/ft:gpt'],
    ['GET', '/workersx'],
    ['GET', '/Workers'],
    ['POST', '/v1/chat/completions'],
    ['GET', '/__proto__'],
    ['GET', '/load'],
  ])('is not so for %s %s', (method, path) => expect(isOwn(method, path)).toBe(false));
});

describe(ownMethods.name, () => {
  it('knows the methods of what is no worker’s', () => {
    expect(ownMethods('/workers/a')).toEqual(['GET', 'HEAD', 'PUT', 'DELETE']);
    expect(ownMethods('/add_worker/')).toEqual(['POST']);
    expect(ownMethods('/v1/models')).toBeUndefined();
    expect(ownMethods('/v1/completions')).toBeUndefined();
  });
});

it('takes a path with a slash behind it for the same one', () => {
  expect([isOpen('/health/'), isClients('/v1/models/'), isClients('/metrics/')]).toEqual([
    true,
    true,
    true,
  ]);
});
