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

describe('a worker that was down and answers its probes again', () => {
  it('gets requests at once, however long its breaker would have stayed open', async () => {
    fixture = await startRouterFixture([json({}, 503)], {
      cbFailureThreshold: 1,
      cbSuccessThreshold: 1,
      cbTimeoutDurationSecs: 3_600_000,
      retryMaxRetries: 1,
    });
    const [worker] = fixture.workers;
    const [endpoint] = fixture.router.fleet.all;
    expect((await post(fixture)).status).toBe(503);
    expect(endpoint!.breaker.state).toBe('open');
    worker!.behaviour = json({}, 500);
    await until(() => endpoint!.status === 'not_ready');
    worker!.behaviour = (response, request) =>
      request.url === '/health'
        ? void response.writeHead(200).end()
        : named('back')(response, request);
    await until(() => endpoint!.isReady);
    const answer = await post(fixture);
    expect([answer.status, await answer.json()]).toEqual([200, { worker: 'back' }]);
    expect(endpoint!.breaker.state).toBe('closed');
  });
});
