import { afterEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { OtlpCollector, type CollectedSpan } from '../../support/otlp-collector.js';
import { rawValues } from '../../support/raw-answer.js';
import { until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const TRACED = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'v=1', baggage: 'k=v' };

let fixture: RouterFixture;
let collector: OtlpCollector | undefined;
afterEach(async () => {
  await fixture.stop();
  await collector?.close();
  collector = undefined;
});

const traced = async (
  behaviours: Parameters<typeof startRouterFixture>[0],
  config: Parameters<typeof startRouterFixture>[1] = {},
): Promise<OtlpCollector> => {
  collector = new OtlpCollector();
  const otlpTracesEndpoint = await collector.listenHttp();
  fixture = await startRouterFixture(behaviours, {
    ...{ enableTrace: true, otlpTracesEndpoint },
    ...config,
  });
  return collector;
};
const byName = ({ spans }: OtlpCollector, name: string): CollectedSpan[] =>
  spans.filter((span) => span.name === name);
const SERVER = 'POST /v1/completions';

describe('tracing', () => {
  it("is off unless it is asked for: the client's context passes as it came, and none is made", async () => {
    fixture = await startRouterFixture([named('a')]);
    await post(fixture, '/v1/completions', '{}', TRACED);
    for (const [name, value] of Object.entries(TRACED)) {
      expect(rawValues(fixture.last().rawHeaders, name)).toEqual([value]);
    }
    await post(fixture);
    expect(rawValues(fixture.last().rawHeaders, 'traceparent')).toEqual([]);
  });

  it("has a span of each request, choice and attempt, in the client's trace", async () => {
    const { spans, ...rest } = await traced([json({}, 503), named('b')], { policy: 'round_robin' });
    void rest;
    await post(fixture, '/v1/completions', '{"model":"m"}', { ...TRACED, 'x-request-id': 'one' });
    await until(() => byName(collector!, SERVER).length === 1);
    const [request] = byName(collector!, SERVER);
    const [a, b] = fixture.router.fleet.all.map(({ id }) => id);
    expect(request).toMatchObject({
      ...{ service: 'tandem-router', traceId: TRACE, parentSpanId: PARENT, kind: 2 },
      attributes: {
        'http.response.status_code': 200,
        'router.request_id': 'one',
        'router.worker': b,
        'router.retries': 1,
        'gen_ai.request.model': 'm',
      },
    });
    expect(spans.every(({ traceId }) => traceId === TRACE)).toBe(true);
    expect(byName(collector!, 'pick')).toMatchObject([
      {
        attributes: { 'router.policy': 'round_robin', 'router.worker': a, 'router.candidates': 2 },
      },
      { attributes: { 'router.worker': b, 'router.candidates': 1 } },
    ]);
    const attempts = byName(collector!, 'attempt');
    expect(attempts).toMatchObject([
      { statusCode: 2, attributes: { 'router.worker': a, 'http.response.status_code': 503 } },
      { statusCode: 0, attributes: { 'router.worker': b, 'http.response.status_code': 200 } },
    ]);
    expect(attempts.map(({ parentSpanId }) => parentSpanId)).toEqual([
      ...[request!.spanId, request!.spanId],
    ]);
    const sent = fixture.workers.map(({ requests }) =>
      rawValues(requests.findLast(({ method }) => method === 'POST')!.rawHeaders, 'traceparent'),
    );
    expect(sent).toEqual(attempts.map(({ spanId }) => [`00-${TRACE}-${spanId}-01`]));
  });

  it('makes a context for clients that bring none, and follows those that decided', async () => {
    await traced([named('a')]);
    await post(fixture);
    expect(rawValues(fixture.last().rawHeaders, 'traceparent')).toEqual([
      expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    ]);
    await post(fixture, '/v1/completions', '{}', { traceparent: `00-${TRACE}-${PARENT}-00` });
    expect(rawValues(fixture.last().rawHeaders, 'traceparent')[0]).toMatch(/^00-0af7.*-00$/);
  });

  it('leaves out what it is told to, by path and by share', async () => {
    await traced([named('a')], { otelExcludedPaths: ['/v1/embeddings'] });
    await post(fixture, '/v1/embeddings', '{}', TRACED);
    expect(rawValues(fixture.last().rawHeaders, 'traceparent')).toEqual([TRACED.traceparent]);
    await fixture.stop();
    await collector!.close();
    await traced([named('a')], { otelSamplingRatio: 0 });
    await post(fixture);
    expect(rawValues(fixture.last().rawHeaders, 'traceparent')[0]).toMatch(/-00$/);
  });

  it('says where a request failed', async () => {
    await traced([named('a')], { disableRetries: true });
    await fixture.workers[0]!.stop();
    await post(fixture);
    await until(() => byName(collector!, SERVER).length === 1);
    const error = { 'router.error': 'worker_unreachable' };
    expect(byName(collector!, SERVER)).toMatchObject([{ statusCode: 2, attributes: error }]);
    expect(byName(collector!, 'attempt')).toMatchObject([
      { statusCode: 2, statusMessage: 'worker_unreachable' },
    ]);
  });
});
