import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OtlpCollector } from '../../test/support/otlp-collector.js';
import { tracingFromEnvironment } from '../config/tracing.config.js';
import { MemorySink } from '../../test/support/memory-sink.js';
import { PinoLogger } from '../logging/pino-logger.js';
import { createTracing } from './create-tracing.js';
import type { RequestSpan, Tracing } from './tracing.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';
const TRACEPARENT = ['traceparent', `00-${TRACE}-${CLIENT_SPAN}-01`, 'tracestate', 'vendor=1'];
const ROUTE = '/v1/completions';
const REQUEST = { rawHeaders: TRACEPARENT, method: 'POST', path: ROUTE, route: ROUTE };
const UNREACHABLE = 'http://127.0.0.1:9/v1/traces';

let collector: OtlpCollector;
let sink: MemorySink;

function tracing(env: Record<string, string>): Promise<Tracing> {
  return createTracing(tracingFromEnvironment(env), new PinoLogger('info', sink));
}

function started(sut: Tracing, request = REQUEST): RequestSpan {
  const span = sut.startRequest(request);
  if (span === undefined) throw new Error('no span');
  return span;
}

function spanIdOf(traceparent: string): string | undefined {
  return traceparent.split('-')[2];
}

describe(createTracing.name, () => {
  beforeEach(() => {
    collector = new OtlpCollector();
    sink = new MemorySink();
  });

  afterEach(() => collector.close());

  it.each(['http/protobuf', 'grpc'])('exports request and legs by %s', async (protocol) => {
    const url = await (protocol === 'grpc' ? collector.listenGrpc() : collector.listenHttp());
    const sut = await tracing({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_SERVICE_NAME: 'edge',
    });
    const request = started(sut);
    const prefill = request.child('prefill', { target: '10.0.0.1:8000', nothing: undefined });
    prefill.end({ status: 200 });
    const decode = request.child('decode');
    decode.end({ status: 502, error: 'upstream cut' });
    request.end({ status: 200, attributes: { streamed: true, tokens: 7 } });
    await sut.shutdown();

    const byName = new Map(collector.spans.map((span) => [span.name, span]));
    expect([...byName.keys()].sort()).toEqual(['POST /v1/completions', 'decode', 'prefill']);
    const server = byName.get('POST /v1/completions');
    expect(server).toMatchObject({
      service: 'edge',
      traceId: TRACE,
      parentSpanId: CLIENT_SPAN,
      traceState: 'vendor=1',
      kind: 2,
      statusCode: 0,
      attributes: {
        'http.request.method': 'POST',
        'http.response.status_code': 200,
        streamed: true,
        tokens: 7,
      },
    });
    for (const [name, leg] of [
      ['prefill', prefill],
      ['decode', decode],
    ] as const) {
      expect(byName.get(name)).toMatchObject({
        traceId: TRACE,
        parentSpanId: server?.spanId,
        spanId: spanIdOf(leg.headers.traceparent),
        kind: 3,
      });
    }
    expect(byName.get('prefill')?.attributes).toEqual({
      target: '10.0.0.1:8000',
      'http.response.status_code': 200,
    });
    expect(byName.get('decode')).toMatchObject({ statusCode: 2, statusMessage: 'upstream cut' });
    expect(collector.paths).toEqual([
      protocol === 'grpc'
        ? '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
        : '/v1/traces',
    ]);
  });

  it('gives each leg a span id of its own in the trace of the client', async () => {
    const sut = await tracing({ OTEL_TRACES_EXPORTER: 'none' });
    const request = started(sut);
    const [prefill, decode] = [request.child('prefill'), request.child('decode')];
    for (const leg of [prefill, decode]) {
      expect(leg.headers.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
      expect(leg.headers.tracestate).toBe('vendor=1');
    }
    const ids = [CLIENT_SPAN, ...[prefill, decode].map((leg) => spanIdOf(leg.headers.traceparent))];
    expect(new Set(ids).size).toBe(3);
    await sut.shutdown();
  });

  it('starts a trace where the client sent none, without its tracestate', async () => {
    const sut = await tracing({ OTEL_TRACES_EXPORTER: 'none' });
    const request = started(sut, { ...REQUEST, rawHeaders: ['tracestate', 'vendor=1'] });
    const { headers } = request.child('decode');
    expect(headers.traceparent).toMatch(new RegExp(`^00-${request.traceId}-[0-9a-f]{16}-01$`));
    expect(headers.tracestate).toBeUndefined();
    await sut.shutdown();
  });

  it('passes context on for requests that are not sampled, and exports none of them', async () => {
    const url = await collector.listenHttp();
    const sut = await tracing({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/custom`,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    });
    const unsampled = started(sut, { ...REQUEST, rawHeaders: [] });
    expect(unsampled.child('prefill').headers.traceparent).toMatch(/-00$/);
    unsampled.end();
    const sampledByClient = started(sut);
    expect(sampledByClient.child('prefill').headers.traceparent).toMatch(/-01$/);
    sampledByClient.end();
    await sut.shutdown();
    expect(collector.spans.map((span) => span.traceId)).toEqual([TRACE]);
    expect(collector.paths).toEqual(['/custom']);
  });

  it('names the span of an unknown path by its method alone', async () => {
    const url = await collector.listenHttp();
    const sut = await tracing({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const { route: _, ...other } = { ...REQUEST, path: '/v1/models' };
    sut.startRequest(other)?.end();
    await sut.shutdown();
    expect(collector.spans[0]).toMatchObject({
      name: 'POST',
      attributes: { 'url.path': '/v1/models' },
    });
  });

  it('ends a span once', async () => {
    const url = await collector.listenHttp();
    const sut = await tracing({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
    const request = started(sut);
    request.end({ status: 200 });
    request.end({ status: 500 });
    await sut.shutdown();
    expect(collector.spans).toEqual([expect.objectContaining({ statusCode: 0 })]);
  });

  it('is hurt by no collector that cannot be reached, and says so once', async () => {
    const sut = await tracing({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: UNREACHABLE,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TIMEOUT: '300',
    });
    for (let index = 0; index < 2000; index++) started(sut).end();
    await sut.shutdown();
    expect(sink.records).toEqual([
      expect.objectContaining({
        level: 'warn',
        msg: 'traces cannot be exported',
        collector: '127.0.0.1:9',
      }),
    ]);
  });

  it('writes spans as log lines when told so', async () => {
    const sut = await tracing({ OTEL_TRACES_EXPORTER: 'console' });
    started(sut).end({ status: 200 });
    await sut.shutdown();
    expect(sink.records).toEqual([
      expect.objectContaining({
        msg: 'span',
        name: 'POST /v1/completions',
        traceId: TRACE,
        parentSpanId: CLIENT_SPAN,
      }),
    ]);
  });

  it('makes no spans when it is off', async () => {
    const sut = await createTracing(undefined, new PinoLogger('info', sink));
    expect(sut.startRequest(REQUEST)).toBeUndefined();
    await sut.shutdown();
  });
});
