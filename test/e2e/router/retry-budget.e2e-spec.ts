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

describe('the retry budget', () => {
  const config = { retryBudgetMinPerSec: 0, cbFailureThreshold: 1000 };

  it('keeps retries a share of the requests when all workers fail', async () => {
    fixture = await startRouterFixture([json({}, 503), json({}, 503)], config);
    for (let i = 0; i < 50; i++) expect((await post(fixture)).status).toBe(503);
    const asked = fixture.asked().reduce((sum, count) => sum + count, 0);
    expect(asked).toBeGreaterThan(50);
    expect(asked).toBeLessThanOrEqual(60);
  });

  it('can be switched off', async () => {
    fixture = await startRouterFixture([json({}, 503)], { ...config, retryBudgetPercent: 100 });
    await post(fixture);
    expect(fixture.asked()).toEqual([5]);
  });

  it('costs nobody an answer whose worker is gone', async () => {
    fixture = await startRouterFixture([named('a'), named('b')], {
      ...config,
      retryBudgetPercent: 0,
    });
    await fixture.workers[0]!.stop();
    const answers = await Promise.all(Array.from({ length: 60 }, () => post(fixture)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await until(() => fixture.router.fleet.all.every(({ inFlight }) => inFlight === 0));
  });
});
