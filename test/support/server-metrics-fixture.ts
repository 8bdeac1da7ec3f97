import { PinoLogger } from '../../src/logging/pino-logger.js';
import { unknownState, type ServerState } from '../../src/scheduling/server-state.js';
import {
  CoreMetricsExtractor,
  mergedEngines,
} from '../../src/server-metrics/core-metrics-extractor.js';
import type { EngineConfig } from '../../src/server-metrics/engine-config.schema.js';
import { ENGINE_LABEL } from '../../src/server-metrics/engines.js';
import { MetricsDataSource } from '../../src/server-metrics/metrics-data-source.js';
import type { PollTls } from '../../src/server-metrics/polling/poll-settings.js';
import { pollHere, type StartPolls } from '../../src/server-metrics/polling/polls.js';
import { ServerMetrics } from '../../src/server-metrics/server-metrics.js';
import { MemorySink } from './memory-sink.js';

export interface ServerMetricsFixtureOptions {
  readonly engines?: readonly EngineConfig[];
  readonly tls?: PollTls;
  readonly interval?: number;
  readonly start?: StartPolls;
}

/** Polls of the test's own thread, with their log. */
export class ServerMetricsFixture {
  readonly metrics: ServerMetrics;
  reads = 0;
  private readonly sink = new MemorySink();

  constructor({
    engines = [],
    tls,
    interval = 50,
    start = pollHere,
  }: ServerMetricsFixtureOptions = {}) {
    const source = new MetricsDataSource('/metrics', tls, true, undefined);
    const extractor = new CoreMetricsExtractor(ENGINE_LABEL, 'vllm', mergedEngines(engines));
    this.metrics = new ServerMetrics({
      sources: { metrics: { source, extractor } },
      modelsChanged: () => undefined,
      interval,
      staleness: 2000,
      logger: new PinoLogger('info', this.sink),
      start,
    });
    this.metrics.onRead(() => this.reads++);
  }

  /** Of the log: level, message, endpoint, reason. */
  get told(): readonly string[] {
    return this.sink.records.map(({ level, msg, message, endpoint, reason }) =>
      [level, msg ?? message, endpoint, reason].filter((one) => one !== undefined).join(' '),
    );
  }

  add(port: number, { id = 'a', host = '127.0.0.1', labels = {} } = {}): ServerState {
    const state = unknownState();
    this.metrics.add({ id, host, port, labels, state });
    return state;
  }

  get pollErrors(): number {
    return this.metrics.pollErrors.get('metrics-data-source') ?? 0;
  }
}
