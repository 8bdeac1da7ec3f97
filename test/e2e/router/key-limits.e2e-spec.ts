import { afterEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

function ask(headers: Record<string, string>, body?: string): Promise<Response> {
  return post(fixture, '/v1/completions', body, headers);
}

describe('limits of keys', () => {
  it('give each key its requests a minute, and all without one a share together', async () => {
    fixture = await startRouterFixture([named('a')], { keyRequestsPerMinute: 2 });
    const keys = [
      { authorization: 'Bearer one' },
      { authorization: 'Bearer two' },
      { 'x-api-key': 'three' },
      {},
    ];
    for (const key of keys) {
      expect((await ask(key)).status).toBe(200);
      expect((await ask(key)).status).toBe(200);
      const refused = await ask(key);
      expect([refused.status, await refused.json()]).toMatchObject([
        429,
        { error: { message: expect.stringContaining('--key-requests-per-minute') } },
      ]);
      const wait = Number(refused.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(120);
    }
    expect(fixture.asked()).toEqual([8]);
  });

  it('count the tokens that workers tell, and refuse when they are used up', async () => {
    const usage = { prompt_tokens: 30, completion_tokens: 30, total_tokens: 60 };
    fixture = await startRouterFixture([json({ usage })], { keyTokensPerMinute: 100 });
    const key = { authorization: 'Bearer one' };
    expect(await (await ask(key)).json()).toEqual({ usage });
    expect(await (await ask(key)).json()).toEqual({ usage });
    expect((await ask(key)).status).toBe(429);
    expect((await ask({})).status).toBe(200);
  });

  it('count by its length a prompt whose answer tells nothing', async () => {
    fixture = await startRouterFixture([named('a')], { keyTokensPerMinute: 100 });
    const body = JSON.stringify({ prompt: 'x'.repeat(400) });
    expect(await (await ask({}, body)).json()).toEqual({ worker: 'a' });
    expect((await ask({}, body)).status).toBe(429);
  });

  it('hold in the shape of the API that was called', async () => {
    fixture = await startRouterFixture([named('a')], { keyRequestsPerMinute: 1 });
    await post(fixture, '/v1/messages');
    expect(await (await post(fixture, '/v1/messages')).json()).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: expect.any(String) },
    });
  });
});
