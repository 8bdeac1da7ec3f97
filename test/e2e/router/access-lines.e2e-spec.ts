import { afterEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const lines = (): readonly Readonly<Record<string, unknown>>[] =>
  fixture.log.lines.filter(({ message }) => message === 'request').map(({ fields }) => fields);

describe('the line of a request', () => {
  it('says who asked for what, who answered, why, and how long it took', async () => {
    fixture = await startRouterFixture([json({}, 503), named('b')]);
    await post(fixture, '/v1/chat/completions?key=k', '{"model":"m"}', { 'x-request-id': 'one' });
    await until(() => lines().length === 1);
    expect(lines()[0]).toMatchObject({
      ...{ method: 'POST', path: '/v1/chat/completions', status: 200, requestId: 'one' },
      ...{ worker: fixture.router.fleet.all[1]!.id, model: 'm', policy: 'round_robin', retries: 1 },
      durationMs: expect.any(Number),
    });
  });

  it('holds nothing that is secret, and no other line does', async () => {
    fixture = await startRouterFixture([named('a')], {
      apiKey: 'sk-secret',
      policy: 'consistent_hash',
    });
    const body = '{"prompt":"my secret prompt","user":"secret-user"}';
    await post(fixture, '/v1/completions?secret=1', body, {
      authorization: 'Bearer sk-secret',
      'x-session-id': 'secret-session',
    });
    await post(fixture, '/v1/completions', body, { authorization: 'Bearer secret-other' });
    await until(() => lines().length === 2);
    const shown = fixture.log.lines.filter(({ level }) => level !== 'debug' && level !== 'trace');
    expect(JSON.stringify(shown)).not.toContain('secret');
  });

  it('stays short, whatever is sent', async () => {
    fixture = await startRouterFixture([named('a')]);
    const long = 'x'.repeat(10_000);
    await post(fixture, `/${long}`, JSON.stringify({ model: `"\n${long}` }));
    await until(() => lines().length === 1);
    expect(JSON.stringify(lines()[0]).length).toBeLessThan(2000);
  });
});
