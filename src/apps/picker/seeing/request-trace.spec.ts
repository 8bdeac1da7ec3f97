import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OtlpCollector } from '../../../../test/support/otlp-collector.js';
import { SilentLogger } from '../../../logging/silent-logger.js';
import type { ScheduledEndpoint } from '../../../scheduling/scheduled-endpoint.js';
import type { Tracing } from '../../../tracing/tracing.js';
import { pickerTracing } from './picker-tracing.js';
import { requestTrace, type RequestTrace } from './request-trace.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';
const FACTS = { id: 'r1', model: 'm', targetModel: 't', priority: 1, fairnessId: 'f', bytes: 9 };
const PICKED = [{ id: '10.0.0.1:8000' } as ScheduledEndpoint];

let collector: OtlpCollector;
let tracing: Tracing;

beforeEach(async () => {
  collector = new OtlpCollector();
  const url = await collector.listenHttp();
  tracing = await pickerTracing(true, new SilentLogger(), {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  });
});

afterEach(() => collector.close());

function traced(more: readonly (readonly [string, string])[] = []): RequestTrace {
  const headers = new Map<string, string>([
    [':method', 'POST'],
    [':path', '/v1/completions?x=y'],
    ['traceparent', `00-${TRACE}-${CLIENT_SPAN}-01`],
    ...more,
  ]);
  return requestTrace(tracing, { headers })!;
}

async function spans(): Promise<Map<string, OtlpCollector['spans'][number]>> {
  await tracing.shutdown();
  return new Map(collector.spans.map((span) => [span.name, span]));
}

describe(requestTrace.name, () => {
  it('goes on with the trace of the client, and tells of each step of a decision', async () => {
    const trace = traced([['tracestate', 'vendor=1']]);
    const { traceparent, tracestate } = trace.headers;
    trace.began(FACTS);
    trace.profileBegan('default', 3);
    for (const step of ['filter_endpoints', 'llm_d.epp.scoring', 'pick_endpoints'] as const) {
      trace.stepBegan(step, 3);
    }
    trace.profileEnded(PICKED);
    trace.decided('10.0.0.1:8000');
    trace.answered(200, '10.0.0.1:8000');
    trace.ended(200, { prompt: 7, completion: 3, cached: undefined, isStream: true });
    const byName = await spans();
    const request = byName.get('gateway.request')!;
    expect(request).toMatchObject({
      ...{ traceId: TRACE, parentSpanId: CLIENT_SPAN, kind: 2, service: 'llm-d-epp' },
      attributes: {
        'http.request.method': 'POST',
        'url.path': '/v1/completions',
        'http.response.status_code': 200,
        'gen_ai.request.id': 'r1',
        'gen_ai.request.model': 'm',
        'gen_ai.usage.input_tokens': 7,
        'gen_ai.usage.output_tokens': 3,
        'llm_d.epp.destination': '10.0.0.1:8000',
        'llm_d.epp.served': '10.0.0.1:8000',
      },
    });
    expect(traceparent).toBe(`00-${TRACE}-${request.spanId}-01`);
    expect(tracestate).toBe('vendor=1');
    const orchestration = byName.get('gateway.request_orchestration')!;
    const profile = byName.get('run_scheduler_profile')!;
    expect(orchestration).toMatchObject({ parentSpanId: request.spanId, kind: 1 });
    expect(orchestration.attributes).toMatchObject({ 'llm_d.epp.target_model': 't' });
    expect(profile).toMatchObject({ parentSpanId: orchestration.spanId, kind: 1 });
    expect(profile.attributes).toEqual({
      'llm_d.epp.profile': 'default',
      'llm_d.epp.candidates': 3,
      'llm_d.epp.picked': '10.0.0.1:8000',
    });
    for (const step of ['filter_endpoints', 'llm_d.epp.scoring', 'pick_endpoints']) {
      expect(byName.get(step)).toMatchObject({ parentSpanId: profile.spanId, kind: 1 });
    }
  });

  it('tells of a request that goes nowhere', async () => {
    const trace = traced();
    trace.began(FACTS);
    trace.profileBegan('default', 3);
    trace.stepBegan('filter_endpoints', 3);
    trace.profileEnded(undefined);
    trace.refused(503, 'No endpoint may get this request.');
    const byName = await spans();
    expect([...byName.keys()].sort()).toEqual([
      'filter_endpoints',
      'gateway.request',
      'gateway.request_orchestration',
      'run_scheduler_profile',
    ]);
    for (const name of ['gateway.request', 'gateway.request_orchestration']) {
      expect(byName.get(name)).toMatchObject({
        statusCode: 2,
        statusMessage: 'No endpoint may get this request.',
      });
    }
  });

  it('costs nothing where it is off', async () => {
    const off = await pickerTracing(false, new SilentLogger(), {});
    expect(requestTrace(off, { headers: new Map() })).toBeUndefined();
    await tracing.shutdown();
  });
});
