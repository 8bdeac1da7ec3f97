import { afterEach, describe, expect, it } from '@jest/globals';
import type { EngineBehaviour } from '../../support/fake-engine.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const finishers: (() => void)[] = [];
const slow: EngineBehaviour = (response) => {
  finishers.push(() => response.writeHead(200).end('{"done":true}'));
};
const finishOne = async (): Promise<void> => {
  await until(() => finishers.length > 0);
  finishers.shift()!();
};

describe('the limits of a router', () => {
  it('hold requests back until others are done, and turn away more than may wait', async () => {
    fixture = await startRouterFixture([slow], { maxConcurrentRequests: 1, queueSize: 1 });
    const first = post(fixture);
    await until(() => fixture.asked()[0] === 1);
    const second = post(fixture);
    let refused = await post(fixture);
    while (refused.status !== 429) refused = await post(fixture);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({ error: { type: 'RateLimitError', code: 429 } });
    expect(fixture.asked()).toEqual([1]);
    await finishOne();
    await finishOne();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
  });

  it('end the wait of a request after a while', async () => {
    fixture = await startRouterFixture([slow], { maxConcurrentRequests: 1, queueTimeoutSecs: 20 });
    const first = post(fixture);
    await until(() => fixture.asked()[0] === 1);
    const late = await post(fixture);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '1']);
    await finishOne();
    expect((await first).status).toBe(200);
  });

  it('give a place back when the client leaves, at a worker or in the queue', async () => {
    fixture = await startRouterFixture([slow], { maxConcurrentRequests: 1 });
    const clients = await Promise.all([1, 2].map(() => RawClient.connect(fixture.router.port)));
    clients[0]!.write(requestBytes('POST /v1/completions', [], '{}'));
    await until(() => fixture.asked()[0] === 1);
    clients[1]!.write(requestBytes('POST /v1/completions', [], '{}'));
    clients[1]!.destroy();
    clients[0]!.destroy();
    await fixture.last().aborted;
    finishers.length = 0;
    const answer = post(fixture);
    await finishOne();
    expect((await answer).status).toBe(200);
  });

  it('let so many requests a second pass, and say when to come back', async () => {
    fixture = await startRouterFixture([named('a')], { rateLimitTokensPerSecond: 0.2 });
    expect((await post(fixture)).status).toBe(200);
    const refused = await post(fixture);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
    expect((await fetch(`${fixture.url}/workers`)).status).toBe(200);
  });
});
