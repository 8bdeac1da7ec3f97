import { afterEach, describe, expect, it } from '@jest/globals';
import { events, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
/** A head that promises a body, and a connection that breaks. */
const HEAD_ONLY: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  setTimeout(() => response.socket?.resetAndDestroy(), 20);
};
/** All events of a stream that has none. */
const NO_EVENT: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
};
const NEVER: EngineBehaviour = () => undefined;
const CUT: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
  setTimeout(() => response.socket?.resetAndDestroy(), 20);
};

/** Begins a stream that goes on. */
const OPEN_STREAM: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
};

describe('a request whose worker fails', () => {
  it.each<[string, EngineBehaviour]>([
    ['breaks the connection', RESET],
    ['dies between head and body', HEAD_ONLY],
    ['ends an event stream before its first event', NO_EVENT],
    ...[408, 429, 500, 502, 503, 504].map((status): [string, EngineBehaviour] => [
      `answers ${status}`,
      json({ error: 'x' }, status),
    ]),
  ])('is answered by another one when it %s', async (_what, bad) => {
    fixture = await startRouterFixture([bad, named('good')]);
    for (let i = 0; i < 4; i++) {
      const answer = await post(fixture);
      expect([answer.status, await answer.json()]).toEqual([200, { worker: 'good' }]);
    }
    const [failed, good] = fixture.asked();
    expect(good).toBe(4);
    expect(failed).toBeGreaterThan(0);
    expect(fixture.router.fleet.all.map(({ inFlight }) => inFlight)).toEqual([0, 0]);
  });

  it('is not repeated after 400, 404 or 501', async () => {
    for (const status of [400, 404, 501]) {
      fixture = await startRouterFixture([json({ a: 1 }, status), named('other')]);
      expect((await post(fixture)).status).toBe(status);
      expect(fixture.asked()).toEqual([1, 0]);
      if (status !== 501) await fixture.stop();
    }
  });

  it('gets the last answer as it was when attempts are used up', async () => {
    fixture = await startRouterFixture([json({ error: 'a' }, 503), json({ error: 'a' }, 503)], {
      retryMaxRetries: 3,
    });
    const answer = await post(fixture);
    expect([answer.status, await answer.json()]).toEqual([503, { error: 'a' }]);
    expect(fixture.asked()).toEqual([2, 1]);
  });

  it('is told that no worker could be reached', async () => {
    fixture = await startRouterFixture([named('gone')], { retryMaxRetries: 2 });
    await fixture.workers[0]!.stop();
    const answer = await post(fixture);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: { type: 'ServiceUnavailableError' } });
  });

  it.each([
    ['/v1/completions', 'data: {"error":{"message":"The worker broke off its answer."'],
    ['/v1/messages', 'event: error\ndata: {"type":"error","error":{"type":"api_error"'],
  ])('is told why its event stream at %s is cut', async (path, event) => {
    fixture = await startRouterFixture([CUT]);
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes(`POST ${path}`, [], '{"stream":true}'));
    await until(() => client.ending !== undefined);
    expect(client.received.toString()).toContain(event);
    expect(client.received.toString()).not.toContain('[DONE]');
    expect(client.received.toString()).not.toContain('\r\n0\r\n\r\n');
  });

  it('is told so too when its client speaks HTTP/1.0', async () => {
    fixture = await startRouterFixture([CUT]);
    const client = await RawClient.connect(fixture.router.port);
    client.write('POST /v1/completions HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}');
    await until(() => client.ending !== undefined);
    expect(client.received.toString()).toMatch(/\r\n\r\ndata: 1\n\n\n\ndata: \{"error":.*\n\n$/s);
  });

  it('is cut, never repeated, when it has a part of the answer', async () => {
    fixture = await startRouterFixture([CUT, named('other')]);
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
    await until(() => client.ending !== undefined);
    expect(client.received.toString()).toContain('data: 1');
    expect(client.received.toString()).not.toContain('\r\n0\r\n\r\n');
    expect(fixture.asked()).toEqual([1, 0]);
  });

  it('waits as long as the only worker asks', async () => {
    let answered = 0;
    const busy: EngineBehaviour = (response) => {
      if (answered++ > 0) response.writeHead(200).end('{}');
      else response.writeHead(503, { 'retry-after': '1' }).end('{}');
    };
    fixture = await startRouterFixture([busy]);
    const began = performance.now();
    expect((await post(fixture)).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  it('is answered by another one when the first says nothing for too long', async () => {
    fixture = await startRouterFixture([NEVER, named('b')], { requestTimeoutSecs: 200 });
    expect(await (await post(fixture)).json()).toEqual({ worker: 'b' });
    expect(fixture.asked()).toEqual([1, 1]);
  });

  it('is 504 when nobody is left who did not say nothing for too long', async () => {
    fixture = await startRouterFixture([NEVER, NEVER], { requestTimeoutSecs: 100 });
    expect((await post(fixture)).status).toBe(504);
    expect(fixture.asked()).toEqual([1, 1]);
  });

  it('gets an event stream without an event when attempts are used up', async () => {
    fixture = await startRouterFixture([NO_EVENT], { retryMaxRetries: 2 });
    const answer = await post(fixture);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(fixture.asked()).toEqual([2]);
  });

  it('tries a worker one at a time while its breaker is half open, however long that takes', async () => {
    fixture = await startRouterFixture([json({}, 500)], {
      cbFailureThreshold: 1,
      cbTimeoutDurationSecs: 20,
      disableRetries: true,
    });
    await post(fixture);
    fixture.workers[0]!.behaviour = OPEN_STREAM;
    const { breaker } = fixture.router.fleet.all[0]!;
    await until(() => breaker.state === 'half_open');
    const probe = await post(fixture);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await post(fixture)).status).toBe(503);
    expect(fixture.asked()).toEqual([2]);
    await probe.body!.cancel();
  });

  it('is tried once with --disable-retries', async () => {
    fixture = await startRouterFixture([json({}, 500), named('b')], { disableRetries: true });
    expect((await post(fixture)).status).toBe(500);
    expect(fixture.asked()).toEqual([1, 0]);
  });

  it('opens the breaker of a worker that fails in a row, which gets nothing for a while', async () => {
    fixture = await startRouterFixture([json({}, 500), named('good')], { cbFailureThreshold: 2 });
    for (let i = 0; i < 10; i++) expect((await post(fixture)).status).toBe(200);
    expect(fixture.asked()).toEqual([2, 10]);
    const { workers } = (await (await fetch(`${fixture.url}/workers`)).json()) as {
      workers: { circuit_breaker: string }[];
    };
    expect(workers.map(({ circuit_breaker }) => circuit_breaker)).toEqual(['open', 'closed']);
  });

  it('streams are repeated as long as nothing was sent', async () => {
    fixture = await startRouterFixture([json({}, 503), events(['1', '[DONE]'])]);
    const answer = await post(fixture, '/v1/chat/completions', '{"stream":true}');
    expect(await answer.text()).toBe('data: 1\n\ndata: [DONE]\n\n');
  });
});
