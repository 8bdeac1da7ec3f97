import type { MetricSet } from './metric-set.js';
import type { ROUTER_METRICS } from './router-metric-table.js';

/** What is known of a worker's cache. */
interface Indexed {
  readonly blocks: number;
  readonly isLive: boolean;
}

/** How the tokens of a prompt were had, or why not. */
export type TokensResult =
  'tokenize' | 'cached' | 'token_ids' | 'unsupported' | 'timeout' | 'failed' | 'skipped';

/** Counts what the policy kv_aware lives on. */
export class KvMetrics {
  /** Asked when the metrics are read. */
  indexed: () => ReadonlyMap<string, Indexed> = () => new Map();
  private readonly inputs;
  private readonly events;
  private readonly incidents;

  constructor(metrics: MetricSet<typeof ROUTER_METRICS>) {
    this.inputs = metrics.counter('vllm_router_kv_routing_inputs_total');
    this.events = metrics.counter('vllm_router_kv_events_total');
    this.incidents = metrics.counter('vllm_router_kv_event_incidents_total');
    metrics.gauge('vllm_router_kv_index_blocks', (gauge) => {
      gauge.reset();
      for (const [worker, { blocks }] of this.indexed()) gauge.set({ worker }, blocks);
    });
    metrics.gauge('vllm_router_kv_events_live', (gauge) => {
      gauge.reset();
      for (const [worker, { isLive }] of this.indexed()) gauge.set({ worker }, Number(isLive));
    });
  }

  tokens(result: TokensResult): void {
    this.inputs.inc({ transport: 'http', result });
  }

  applied(worker: string, events: number): void {
    this.events.inc({ worker }, events);
  }

  incident(worker: string, kind: string): void {
    this.incidents.inc({ worker, kind });
  }
}
