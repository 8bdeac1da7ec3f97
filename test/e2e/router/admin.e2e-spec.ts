import { afterEach, describe, expect, it } from '@jest/globals';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const ROUTES = [
  ['GET', '/workers'],
  ['POST', '/workers'],
  ['GET', '/workers/x'],
  ['PUT', '/workers/x'],
  ['DELETE', '/workers/x'],
  ['POST', '/add_worker?url=http://127.0.0.1:9'],
  ['POST', '/remove_worker?url=http://127.0.0.1:9'],
  ['GET', '/list_workers'],
  ['GET', '/get_loads'],
  ['POST', '/flush_cache'],
  ['POST', '/finish_session?session_id=s'],
] as const;

/** Of the loopback, for tests open no port to others, but not known as such by the router. */
const OUTSIDE = '::ffff:127.0.0.1';

describe('the worker API', () => {
  it('answers nobody from outside without a key', async () => {
    fixture = await startRouterFixture([named('a')], { host: OUTSIDE });
    for (const [method, path] of ROUTES) {
      const answer = await fetch(fixture.url + path, { method });
      expect([method, path, answer.status]).toEqual([method, path, 403]);
    }
    expect((await post(fixture)).status).toBe(200);
    expect(fixture.router.fleet.all).toHaveLength(1);
  });

  it('asks for its own key where it has one', async () => {
    fixture = await startRouterFixture([named('a')], { host: OUTSIDE, adminApiKey: 'k' });
    for (const [method, path] of ROUTES) {
      const answer = await fetch(fixture.url + path, { method });
      expect([method, path, answer.status]).toEqual([method, path, 401]);
    }
    const headers = { authorization: 'Bearer k' };
    expect((await fetch(`${fixture.url}/workers`, { headers })).status).toBe(200);
  });
});
