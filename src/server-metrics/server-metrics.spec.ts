import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MetricsServer } from '../../test/support/metrics-server.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { unknownState } from '../scheduling/server-state.js';
import { CoreMetricsExtractor, mergedEngines } from './core-metrics-extractor.js';
import { MetricsDataSource } from './metrics-data-source.js';
import { pollHere } from './polling/polls.js';
import { ServerMetrics, type MeteredEndpoint } from './server-metrics.js';

const VLLM = `# HELP vllm:num_requests_waiting Requests {waiting}.
vllm:num_requests_waiting{engine="0"} 3
vllm:num_requests_running{engine="0"} 2
vllm:kv_cache_usage_perc{engine="0"} 0.25
`;

describe(ServerMetrics.name, () => {
  let server: MetricsServer;
  let metrics: ServerMetrics;
  const state = unknownState();

  beforeEach(async () => {
    server = await MetricsServer.start(VLLM);
    metrics = new ServerMetrics({
      sources: {
        metrics: {
          source: new MetricsDataSource('/metrics', undefined, true, undefined),
          extractor: new CoreMetricsExtractor('llm-d.ai/engine-type', 'vllm', mergedEngines([])),
        },
      },
      modelsChanged: () => undefined,
      interval: 50,
      staleness: 2000,
      logger: new SilentLogger(),
      start: pollHere,
    });
  });

  afterEach(async () => {
    await metrics.close();
    await server.stop();
  });

  const endpoint = (labels: MeteredEndpoint['labels'] = {}): MeteredEndpoint => ({
    ...{ id: 'a', host: '127.0.0.1', port: server.port, labels, state },
  });

  it('writes what servers tell into their states', async () => {
    const read = new Promise<void>((done) => metrics.onRead(done));
    const before = performance.now();
    metrics.add(endpoint());
    await read;
    expect(state).toMatchObject({ waiting: 3, running: 2, kvUsage: 0.25 });
    expect(state.readAt).toBeGreaterThan(before);
    expect(state.readAt).toBeLessThanOrEqual(performance.now());
  });
});
