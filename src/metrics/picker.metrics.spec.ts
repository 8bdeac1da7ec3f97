import { describe, expect, it } from '@jest/globals';
import { PickerMetrics, type StartedRequest } from './picker.metrics.js';
import { WrittenReport } from './written-report.js';

function request(change: Partial<StartedRequest> = {}): StartedRequest {
  const model = change.model ?? 'm';
  return {
    ...{ model, targetModel: model, fairnessId: '', priority: 0, bytes: 1, receivedAt: 0 },
    ...change,
  };
}

function lines(text: string, name: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

async function read(metrics: PickerMetrics, name: string): Promise<string[]> {
  return lines(await new WrittenReport(metrics.registry).text(), name);
}

const TOKENS = { prompt: 7, completion: 5, cached: 2, isStream: true };

describe(PickerMetrics.name, () => {
  it('counts a streamed request from its arrival to its end', async () => {
    const metrics = new PickerMetrics('1.2.3');
    const record = metrics.requestStarted(
      request({ targetModel: 't', bytes: 100, receivedAt: 1000 }),
    );
    record.decided();
    const labels = '{model_name="m",target_model_name="t",fairness_id="default-flow",priority="0"}';
    expect(await read(metrics, 'llm_d_epp_request_running')).toEqual([
      `llm_d_epp_request_running${labels} 1`,
    ]);
    record.answered(200);
    record.firstByte(1500);
    record.gaps.observe(0.02, 4);
    record.ended(2300, true, 900, TOKENS);
    record.ended(9999, true, 900, TOKENS);
    const text = await new WrittenReport(metrics.registry).text();
    const of = '{model_name="m",target_model_name="t",priority="0"}';
    const streamed = of.replace('}', ',streaming="true"}');
    for (const line of [
      `llm_d_epp_request_total${labels} 1`,
      `inference_objective_request_total${labels} 1`,
      `llm_d_epp_request_running${labels} 0`,
      `llm_d_epp_request_duration_seconds_sum${of} 1.3`,
      `inference_objective_request_duration_seconds_sum${of} 1.3`,
      `llm_d_epp_request_ttft_seconds_sum${streamed} 0.5`,
      `llm_d_epp_request_streaming_tpot_seconds_sum${of} 0.2`,
      `llm_d_epp_request_ntpot_seconds_sum${of} 0.26`,
      `llm_d_epp_request_streaming_itl_seconds_count${of} 4`,
      `llm_d_epp_request_size_bytes_sum${of} 100`,
      `llm_d_epp_response_size_bytes_sum${of} 900`,
      `llm_d_epp_request_input_tokens_sum${of} 7`,
      `llm_d_epp_request_output_tokens_sum${of} 5`,
      `llm_d_epp_request_cached_tokens_sum${of} 2`,
      'llm_d_epp_info{commit="",build_ref="1.2.3"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(lines(text, 'llm_d_epp_request_error_total')).toEqual([]);
  });

  it.each([
    [400, 'BadRequest'],
    [404, 'NotFound'],
    [412, 'PreconditionFailed'],
    [429, 'ResourceExhausted'],
    [500, 'Internal'],
    [503, 'ServiceUnavailable'],
  ])('counts a refusal with %i as %s', async (status, code) => {
    const metrics = new PickerMetrics('1');
    metrics.requestStarted(request()).refused(status);
    metrics.refused(status);
    expect(await read(metrics, 'llm_d_epp_request_error_total')).toEqual([
      expect.stringContaining(`model_name="m"`),
      expect.stringContaining(`model_name="unknown"`),
    ]);
    for (const line of await read(metrics, 'llm_d_epp_request_error_total')) {
      expect(line).toContain(`error_code="${code}"} 1`);
    }
  });

  it.each([500, 502, 503, 599])('counts a %i of the model server as its error', async (status) => {
    const metrics = new PickerMetrics('1');
    const record = metrics.requestStarted(request());
    record.decided();
    record.answered(status);
    record.ended(5, true, 3, undefined);
    expect(await read(metrics, 'llm_d_epp_request_error_total')).toEqual([
      expect.stringContaining('error_code="ModelServerError"} 1'),
    ]);
    expect(await read(metrics, 'llm_d_epp_request_duration_seconds_count')).toEqual([]);
  });

  it('is back at nothing running after any end', async () => {
    const metrics = new PickerMetrics('1');
    const ends: ((record: ReturnType<PickerMetrics['requestStarted']>) => void)[] = [
      (record) => record.ended(1, false, 0, undefined),
      (record) => {
        record.decided();
        record.ended(1, false, 0, undefined);
      },
      (record) => {
        record.decided();
        record.decided();
        record.answered(200);
        record.firstByte(1);
        record.ended(1, false, 10, TOKENS);
        record.decided();
      },
    ];
    for (const end of ends) end(metrics.requestStarted(request()));
    const [line] = await read(metrics, 'llm_d_epp_request_running');
    expect(line).toMatch(/ 0$/);
    const [total] = await read(metrics, 'llm_d_epp_request_total');
    expect(total).toMatch(/ 3$/);
  });

  it('tells 1000 models apart and counts the others together', async () => {
    const metrics = new PickerMetrics('1');
    for (let i = 0; i < 3000; i++) metrics.requestStarted(request({ model: `m${i}` }));
    metrics.requestStarted(request({ model: 'x'.repeat(300) }));
    const totals = await read(metrics, 'llm_d_epp_request_total');
    expect(totals).toHaveLength(1001);
    expect(totals.filter((line) => line.includes('model_name="other"'))).toEqual([
      expect.stringMatching(/ 2001$/),
    ]);
  });

  it('tells 1000 clients apart, and every model keeps its own sum', async () => {
    const metrics = new PickerMetrics('1');
    for (let i = 0; i < 1500; i++)
      metrics.requestStarted(request({ model: 'a', fairnessId: `client-${i}` }));
    for (let i = 0; i < 10; i++)
      metrics.requestStarted(request({ model: 'b', fairnessId: `client-${i}` }));
    const totals = await read(metrics, 'llm_d_epp_request_total');
    expect(totals).toHaveLength(1002);
    expect(totals.filter((line) => line.includes('fairness_id="other"'))).toEqual([
      expect.stringMatching(/model_name="a".* 500$/),
      expect.stringMatching(/model_name="b".* 10$/),
    ]);
  });

  it('reads endpoints when it is asked', async () => {
    const metrics = new PickerMetrics('1');
    expect(await read(metrics, 'llm_d_epp_ready_endpoints')).toEqual([
      'llm_d_epp_ready_endpoints{name="default"} 0',
    ]);
    const endpoint = { namespace: 'ns', inFlight: 3, inFlightTokens: 30 };
    const state = { waiting: 4, running: 2, kvUsage: 0.5, readAt: 1 };
    metrics.pool = () => ({
      name: 'p',
      endpoints: [
        { ...endpoint, id: '10.0.0.1:8000', name: 'one', state },
        { ...endpoint, id: '[::1]:8001', name: 'two', state: { ...state, readAt: -Infinity } },
      ],
    });
    const text = await new WrittenReport(metrics.registry).text();
    for (const line of [
      'llm_d_epp_ready_endpoints{name="p"} 2',
      'inference_pool_ready_pods{name="p"} 2',
      'llm_d_epp_average_queue_size{name="p"} 4',
      'llm_d_epp_average_running_requests{name="p"} 2',
      'llm_d_epp_average_kv_cache_utilization{name="p"} 0.5',
      'llm_d_epp_per_endpoint_queue_size{name="p",model_server_endpoint="one"} 4',
      'llm_d_epp_inflight_requests{endpoint_name="two",namespace="ns",port="8001"} 3',
      'llm_d_epp_inflight_tokens{endpoint_name="one",namespace="ns",port="8000"} 30',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('counts decisions by endpoint, and forgets those of one that left', async () => {
    const metrics = new PickerMetrics('1');
    const endpoint = { id: '10.0.0.1:8000', name: 'pod-rank-0', namespace: 'ns' };
    metrics.scheduler.succeeded('m', endpoint, 0.0003);
    metrics.scheduler.succeeded('m', endpoint, 0.0003);
    metrics.scheduler.failed('m', 0.0001);
    expect(await read(metrics, 'llm_d_epp_scheduler_attempts_total')).toEqual([
      'llm_d_epp_scheduler_attempts_total{status="success",target_model_name="m",endpoint_name="pod-rank-0",namespace="ns",port="8000"} 2',
      'llm_d_epp_scheduler_attempts_total{status="failure",target_model_name="m",endpoint_name="",namespace="",port=""} 1',
    ]);
    expect(await read(metrics, 'llm_d_epp_scheduler_e2e_duration_seconds_count')).toEqual([
      'llm_d_epp_scheduler_e2e_duration_seconds_count 3',
    ]);
    metrics.scheduler.removed(endpoint.id);
    expect(await read(metrics, 'llm_d_epp_scheduler_attempts_total')).toHaveLength(1);
  });

  it('tells of flow control where there is one', async () => {
    const metrics = new PickerMetrics('1');
    expect(await read(metrics, 'llm_d_epp_flow_control_queue_size')).toEqual([]);
    const limits = { maxRequests: 10, maxBytes: Infinity };
    const state = {
      saturation: { prefill: undefined, decode: 0.25, effective: 0.25 },
      staleEndpoints: 2,
    };
    const empty = { priority: -1, queued: 0, queuedBytes: 0, ...limits, flows: [] };
    metrics.flowControl.observed = () => ({ ...state, bands: [empty] });
    expect(await read(metrics, 'llm_d_epp_flow_control_queue_size')).toEqual([
      'llm_d_epp_flow_control_queue_size{fairness_id="",priority="0",inference_pool="default"} 0',
    ]);
    const flows = [{ fairnessId: 'a', queued: 3, queuedBytes: 300 }];
    metrics.flowControl.observed = () => ({
      ...state,
      bands: [{ ...empty, queued: 3, queuedBytes: 300, flows }],
    });
    metrics.flowControl.left('Dispatched', 0, 0.002);
    metrics.flowControl.left('EvictedTTL', -1, 60);
    const text = await new WrittenReport(metrics.registry).text();
    for (const line of [
      'llm_d_epp_flow_control_requests_total{outcome="Dispatched",priority="0",inference_pool="default"} 1',
      'llm_d_epp_flow_control_requests_total{outcome="EvictedTTL",priority="-1",inference_pool="default"} 1',
      'llm_d_epp_flow_control_queue_size{fairness_id="a",priority="-1",inference_pool="default"} 3',
      'llm_d_epp_flow_control_queue_bytes{fairness_id="a",priority="-1",inference_pool="default"} 300',
      'llm_d_epp_flow_control_pool_saturation{inference_pool="default",stage="decode"} 0.25',
      'llm_d_epp_flow_control_pool_saturation{inference_pool="default",stage="effective"} 0.25',
      'llm_d_epp_flow_control_capacity_utilization_requests{priority="-1",inference_pool="default"} 0.3',
      'llm_d_epp_flow_control_capacity_utilization_bytes{priority="-1",inference_pool="default"} 0',
      'llm_d_epp_flow_control_stale_endpoints{inference_pool="default"} 2',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('counts streams, rewrites, shared work and failed questions', async () => {
    const metrics = new PickerMetrics('1');
    metrics.streamOpened();
    metrics.streamOpened();
    metrics.streamClosed('OK', 2);
    metrics.rewritten('canary', 'm', 't');
    metrics.disaggregated('m', 'prefill-decode');
    metrics.pollErrors = () => new Map([['metrics-data-source', 4]]);
    const matches = metrics.prefixes.matches('prefix', 'approx-prefix-cache-producer');
    matches.ratio.observe(0.5);
    matches.bytes.observe(100);
    metrics.prefixes.observed = () => [
      { name: 'prefix', type: 'approx-prefix-cache-producer', blocks: 9 },
    ];
    const text = await new WrittenReport(metrics.registry).text();
    const plugin = '{plugin_name="prefix",plugin_type="approx-prefix-cache-producer"}';
    for (const line of [
      'llm_d_epp_extproc_streams_inflight 1',
      'llm_d_epp_extproc_streams_total{code="OK"} 1',
      'llm_d_epp_extproc_stream_duration_seconds_sum 2',
      'llm_d_epp_model_rewrite_decisions_total{model_rewrite_name="canary",model_name="m",target_model="t"} 1',
      'llm_d_epp_disagg_decision_total{model_name="m",decision_type="prefill-decode"} 1',
      'llm_d_epp_datalayer_poll_errors_total{source_type="metrics-data-source"} 4',
      `llm_d_epp_prefix_indexer_size${plugin} 9`,
      `llm_d_epp_prefix_indexer_hit_ratio_sum${plugin} 0.5`,
      `llm_d_epp_prefix_indexer_hit_bytes_sum${plugin} 100`,
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });
});
