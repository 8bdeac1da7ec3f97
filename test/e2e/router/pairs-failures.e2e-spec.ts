import { afterEach, describe, expect, it } from '@jest/globals';
import { events, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import {
  DECODED,
  NEVER,
  PREFILLED,
  RESET,
  startPairFixture,
  untilIdle,
  type PairFixture,
} from '../../support/pair-fixture.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { post } from '../../support/router-fixture.js';

let fixture: PairFixture;
afterEach(() => fixture.stop());

const status = (code: number): EngineBehaviour => json({ error: `of ${code}` }, code);
/** A head that promises events, and a connection that breaks before the first one. */
const HEAD_ONLY: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  setTimeout(() => response.socket?.resetAndDestroy(), 20);
};
const CUT: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
  setTimeout(() => response.socket?.resetAndDestroy(), 20);
};
/** Of the prefill workers and of the decode workers. */
const asked = (): number[] => [fixture.legs('prefills').length, fixture.legs('decodes').length];
const answerOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  await answer.json(),
];
const OK = [200, { decoded: true }];

describe('a prefill that fails', () => {
  it.each<[string, EngineBehaviour]>([
    ['breaks the connection', RESET],
    ['answers what is no JSON', json('<html>')],
    ...[408, 429, 500, 502, 503, 504].map((code): [string, EngineBehaviour] => [
      `answers ${code}`,
      status(code),
    ]),
  ])('is done by another worker when one %s', async (_what, bad) => {
    fixture = await startPairFixture({ prefills: [bad, PREFILLED] });
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 1]);
    await untilIdle(fixture);
  });

  it('is asked of the only worker again, after a pause', async () => {
    let calls = 0;
    fixture = await startPairFixture({
      prefills: [(...args) => (++calls < 3 ? status(500) : PREFILLED)(...args)],
    });
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([3, 1]);
  });

  it('gives the client its last answer as it was when attempts are used up', async () => {
    fixture = await startPairFixture(
      { prefills: [status(503), status(503)] },
      { retryMaxRetries: 3, prometheusPort: await freePort() },
    );
    expect(await answerOf(await post(fixture))).toEqual([503, { error: 'of 503' }]);
    expect(asked()).toEqual([3, 0]);
    const metrics = await readMetrics(fixture.opsUrl);
    const of = (name: string): number =>
      fixture.prefills.reduce(
        (sum, { hostPort }) =>
          sum + (metrics.get(`vllm_router_pd_${name}{worker="http://${hostPort}"}`) ?? 0),
        0,
      );
    expect([of('prefill_requests_total'), of('prefill_errors_total')]).toEqual([3, 3]);
    expect(metrics.get('vllm_router_retries_total{route="/v1/completions"}')).toBe(2);
  });

  it('is 502 where every worker breaks off, and says which error it was', async () => {
    fixture = await startPairFixture(
      { prefills: [RESET] },
      { retryMaxRetries: 2, prometheusPort: await freePort() },
    );
    const answer = await post(fixture);
    expect([answer.status, asked()]).toEqual([502, [2, 0]]);
    await until(() => fixture.log.requests.length === 1);
    const metrics = await readMetrics(fixture.opsUrl);
    expect(metrics.get('vllm_router_pd_errors_total{error_type="worker_failed"}')).toBe(1);
    await untilIdle(fixture);
  });

  it.each([400, 401, 404, 422, 501])('passes a %i on as it is', async (code) => {
    fixture = await startPairFixture({ prefills: [status(code), status(code)] });
    const answer = await post(fixture, undefined, undefined, { 'x-request-id': 'mine' });
    expect(answer.headers.get('x-request-id')).toBe('mine');
    expect(await answerOf(answer)).toEqual([code, { error: `of ${code}` }]);
    expect(asked()).toEqual([1, 0]);
    await untilIdle(fixture);
  });

  it('is no failure where its answer tells of no KV, but is written down', async () => {
    fixture = await startPairFixture({ prefills: [json({ choices: [] })] });
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(fixture.legs('decodes')[0]!.body.toString()).toBe('{"prompt":"x"}');
    expect(JSON.stringify(fixture.log.lines)).toContain('answered without kv_transfer_params');
  });

  it('opens the breaker of its worker alone', async () => {
    fixture = await startPairFixture(
      { prefills: [status(500), PREFILLED] },
      { cbFailureThreshold: 2 },
    );
    for (let i = 0; i < 6; i++) expect((await post(fixture)).status).toBe(200);
    const states = fixture.router.fleet.all.map(({ breaker }) => breaker.state);
    expect(states).toEqual(['open', 'closed', 'closed']);
    expect(fixture.prefills[0]!.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
  });
});

describe('a budget for retries that is used up', () => {
  const NOTHING = { retryBudgetPercent: 0, retryBudgetMinPerSec: 0 };

  it.each<[string, EngineBehaviour[], EngineBehaviour[]]>([
    ['a prefill', [status(503), PREFILLED], [DECODED]],
    ['a decode', [PREFILLED], [status(503), DECODED]],
  ])('leaves the client with the answer of %s', async (_what, prefills, decodes) => {
    fixture = await startPairFixture({ prefills, decodes }, NOTHING);
    expect(await answerOf(await post(fixture))).toEqual([503, { error: 'of 503' }]);
    await untilIdle(fixture);
  });

  it('does not count workers that have died', async () => {
    fixture = await startPairFixture(
      { prefills: [RESET, PREFILLED], decodes: [RESET, DECODED] },
      NOTHING,
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
  });
});

describe('no prefill worker', () => {
  it('is 503 with Retry-After', async () => {
    fixture = await startPairFixture({ prefills: [] });
    const answer = await post(fixture);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await answer.json()).toMatchObject({ error: { code: 503 } });
    expect(asked()).toEqual([0, 0]);
  });

  it('leaves it to a decode worker with --pd-decode-fallback, as the client sent it', async () => {
    fixture = await startPairFixture({ prefills: [] }, { pdDecodeFallback: true });
    const body = ' {"prompt":"x", "max_tokens":7}';
    expect(await answerOf(await post(fixture, undefined, body))).toEqual(OK);
    expect(fixture.legs('decodes')[0]!.body.toString()).toBe(body);
  });

  it('is so too once each has failed the request', async () => {
    fixture = await startPairFixture(
      { prefills: [RESET, status(503)] },
      { pdDecodeFallback: true },
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 1]);
    expect(fixture.legs('decodes')[0]!.body.toString()).toBe('{"prompt":"x"}');
    await untilIdle(fixture);
  });

  it('ends where decode workers fail too', async () => {
    fixture = await startPairFixture(
      { prefills: [RESET], decodes: [RESET] },
      { pdDecodeFallback: true, retryMaxRetries: 3 },
    );
    expect((await post(fixture)).status).toBe(502);
    expect(asked()).toEqual([1, 3]);
    await untilIdle(fixture);
  });

  it('is so too where the request may be tried but once', async () => {
    fixture = await startPairFixture(
      { prefills: [status(503), PREFILLED] },
      { pdDecodeFallback: true, disableRetries: true },
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([1, 1]);
    expect(fixture.legs('decodes')[0]!.body.toString()).toBe('{"prompt":"x"}');
  });

  it('does not matter to what no worker prefills', async () => {
    fixture = await startPairFixture({ prefills: [] });
    expect((await post(fixture, '/v1/embeddings')).status).toBe(200);
  });
});

describe('a decode that fails', () => {
  it.each<[string, EngineBehaviour]>([
    ['breaks the connection', RESET],
    ['dies between head and body', HEAD_ONLY],
    ['answers 500', status(500)],
    ['answers 503', status(503)],
  ])('has the prompt prefilled anew for another worker when one %s', async (_what, bad) => {
    fixture = await startPairFixture({ decodes: [bad, DECODED] });
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 2]);
    await untilIdle(fixture);
  });

  it('uses the same prefill where the worker did not take the connection', async () => {
    fixture = await startPairFixture({ decodes: [DECODED, DECODED] });
    await fixture.decodes[0]!.stop();
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([1, 1]);
    await untilIdle(fixture);
  });

  it('uses the same prefill where the KV stays where it is', async () => {
    fixture = await startPairFixture(
      { prefills: [json({})], decodes: [status(500), DECODED] },
      { kvConnector: 'lmcache' },
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([1, 2]);
  });

  it('gives the client its last answer as it was when attempts are used up', async () => {
    fixture = await startPairFixture({ decodes: [status(503)] }, { retryMaxRetries: 2 });
    expect(await answerOf(await post(fixture))).toEqual([503, { error: 'of 503' }]);
    expect(asked()).toEqual([2, 2]);
    await untilIdle(fixture);
  });

  it('passes a 400 on as it is', async () => {
    fixture = await startPairFixture({ decodes: [status(400)] });
    expect(await answerOf(await post(fixture))).toEqual([400, { error: 'of 400' }]);
    expect(asked()).toEqual([1, 1]);
  });

  it('tells the client within its stream when it dies there, and cuts it', async () => {
    fixture = await startPairFixture({ decodes: [CUT] }, { prometheusPort: await freePort() });
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes('POST /v1/chat/completions', [], '{"stream":true}'));
    await until(() => client.ending !== undefined);
    const text = client.received.toString();
    expect(text).toContain('data: {"a":1}\n\n');
    expect(text).toContain('data: {"error":{');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toMatch(/\r\n0\r\n/);
    expect(asked()).toEqual([1, 1]);
    const metrics = await readMetrics(fixture.opsUrl);
    const worker = `{worker="http://${fixture.decodes[0]!.hostPort}"}`;
    expect(metrics.get(`vllm_router_pd_stream_errors_total${worker}`)).toBe(1);
    client.destroy();
    await untilIdle(fixture);
  });

  it('is 503 at once where no decode worker is there, without a prefill', async () => {
    fixture = await startPairFixture({ decodes: [] });
    const answer = await post(fixture);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(asked()).toEqual([0, 0]);
  });
});

describe('a client that leaves', () => {
  const leave = async (after: () => boolean): Promise<void> => {
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
    await until(after);
    client.destroy();
  };

  it('ends the prefill, and no decode follows', async () => {
    fixture = await startPairFixture({ prefills: [NEVER] });
    await leave(() => asked()[0] === 1);
    await fixture.legs('prefills')[0]!.aborted;
    await untilIdle(fixture);
    expect(asked()).toEqual([1, 0]);
  });

  it('ends the decode', async () => {
    fixture = await startPairFixture({ decodes: [NEVER] });
    await leave(() => asked()[1] === 1);
    await fixture.legs('decodes')[0]!.aborted;
    await untilIdle(fixture);
    expect(asked()).toEqual([1, 1]);
    expect(fixture.router.fleet.all.map(({ breaker }) => breaker.state)).toEqual([
      'closed',
      'closed',
    ]);
  });

  it('ends the pause between two attempts', async () => {
    fixture = await startPairFixture(
      { prefills: [status(503)] },
      { retryInitialBackoffMs: 30_000, retryMaxBackoffMs: 30_000 },
    );
    await leave(() => asked()[0] === 1);
    await until(() => fixture.log.requests.length === 1);
    await untilIdle(fixture);
    expect(asked()).toEqual([1, 0]);
  });
});

describe('after a storm of mixed outcomes', () => {
  it.each(['nixl', 'sglang', 'lmcache'] as const)(
    'nothing is counted any more with %s',
    async (kvConnector) => {
      let turn = 0;
      const mixed = (good: EngineBehaviour): EngineBehaviour => {
        const all = [good, RESET, status(500), good, status(400), status(429), CUT, good];
        return (response, request) => all[turn++ % all.length]!(response, request);
      };
      fixture = await startPairFixture(
        {
          prefills: [mixed(PREFILLED), PREFILLED, mixed(PREFILLED)],
          decodes: [mixed(DECODED), mixed(events(['{"a":1}', '[DONE]'])), DECODED],
        },
        { kvConnector, retryMaxRetries: 3, cbFailureThreshold: 1000, pdDecodeFallback: true },
      );
      await Promise.all(
        Array.from({ length: 300 }, async (_, i) => {
          if (i % 5 > 0)
            return post(fixture).then(
              (answer) => answer.text().catch(() => ''),
              () => '',
            );
          const client = await RawClient.connect(fixture.router.port);
          client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
          await new Promise((resolve) => setTimeout(resolve, i % 40));
          client.destroy();
          return '';
        }),
      );
      await untilIdle(fixture);
      await until(() => fixture.log.requests.length === 300);
      expect(fixture.router.fleet.all.map(({ load }) => load)).toEqual([0, 0, 0, 0, 0, 0]);
    },
  );
});
