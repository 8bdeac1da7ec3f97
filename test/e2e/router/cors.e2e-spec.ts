import { afterEach, describe, expect, it } from '@jest/globals';
import type { EngineBehaviour } from '../../support/fake-engine.js';
import { post, startRouterFixture, type RouterFixture } from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

/** As vLLM with its default `--allowed-origins ["*"]`. */
const open: EngineBehaviour = (response) => {
  response.writeHead(200, {
    'access-control-allow-origin': '*',
    'access-control-allow-credentials': 'true',
    'content-type': 'application/json',
  });
  response.end('{}');
};
const PAGE = 'https://chat.example.com';
const fieldsOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => /^access-control|^vary/.test(name)));
const preflight = (origin: string): Promise<Response> =>
  fetch(`${fixture.url}/v1/completions`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });

describe('--cors-allowed-origins', () => {
  it('is needed for any field of CORS, also of workers', async () => {
    fixture = await startRouterFixture([open]);
    const answer = await post(fixture, undefined, undefined, { origin: PAGE });
    expect([answer.status, fieldsOf(answer)]).toEqual([200, {}]);
    const own = await fetch(`${fixture.url}/workers`, { headers: { origin: PAGE } });
    expect(fieldsOf(own)).toEqual({});
    expect(fieldsOf(await preflight(PAGE))).toEqual({});
  });

  it('lets pages of these origins call, and no others', async () => {
    fixture = await startRouterFixture([open], { corsAllowedOrigins: [PAGE], apiKey: 'k' });
    const allowed = {
      'access-control-allow-origin': PAGE,
      'access-control-expose-headers': 'X-Request-Id, X-Router-Decision, Retry-After',
      vary: 'Origin',
    };
    const key = { authorization: 'Bearer k' };
    const answer = await post(fixture, undefined, undefined, { origin: PAGE, ...key });
    expect([answer.status, fieldsOf(answer)]).toEqual([200, allowed]);
    const refused = await post(fixture, undefined, undefined, { origin: PAGE });
    expect([refused.status, fieldsOf(refused)]).toEqual([401, allowed]);
    const other = await post(fixture, undefined, undefined, { origin: 'https://evil', ...key });
    expect([other.status, fieldsOf(other)]).toEqual([200, { vary: 'Origin' }]);
  });

  it('answers preflights itself, which carry no key', async () => {
    fixture = await startRouterFixture([open], { corsAllowedOrigins: [PAGE], apiKey: 'k' });
    const answer = await preflight(PAGE);
    expect([answer.status, fieldsOf(answer)]).toEqual([
      204,
      {
        'access-control-allow-headers': 'authorization,content-type',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
        'access-control-allow-origin': PAGE,
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    ]);
    expect(fieldsOf(await preflight('https://evil'))).toEqual({ vary: 'Origin' });
    expect(fixture.asked()).toEqual([0]);
  });
});
