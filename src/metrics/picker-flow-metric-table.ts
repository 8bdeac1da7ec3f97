import type { MetricRow } from './metric-table.js';
import { FLOW_POOL, PICKER_BUCKETS as BUCKETS } from './picker-metric-labels.js';

const PRIORITY = { priority: 'of the band' };
const FLOW = {
  fairness_id: 'whose requests they are; `other` beyond 1000 flows',
  ...PRIORITY,
  ...FLOW_POOL,
};

/** What happens in flow control; without the gate `flowControl` nothing is counted here. */
export const PICKER_FLOW_METRICS = {
  llm_d_epp_flow_control_requests_total: {
    type: 'counter',
    help: 'Requests that have left flow control.',
    labels: {
      outcome:
        '`Dispatched`, `RejectedCapacity`, `RejectedNoEndpoints`, `RejectedShuttingDown`, `EvictedTTL`, `EvictedNoEndpoints` (its time was over, and there was no endpoint), `EvictedContextCancelled` (its client left) or `EvictedOther`',
      ...PRIORITY,
      ...FLOW_POOL,
    },
  },
  llm_d_epp_flow_control_request_queue_duration_seconds: {
    type: 'histogram',
    help: 'Time that requests spent in flow control.',
    labels: { outcome: 'likewise', ...PRIORITY, ...FLOW_POOL },
    buckets: BUCKETS.queued,
  },
  llm_d_epp_flow_control_dispatch_cycle_duration_seconds: {
    type: 'histogram',
    help: 'Time of a look at what may be let go.',
    buckets: BUCKETS.own,
  },
  llm_d_epp_flow_control_queue_size: {
    type: 'gauge',
    help: 'Requests that wait; the sum of all flows is there even when none does.',
    labels: FLOW,
  },
  llm_d_epp_flow_control_queue_bytes: {
    type: 'gauge',
    help: 'Bytes of the bodies of requests that wait.',
    labels: FLOW,
  },
  llm_d_epp_flow_control_request_enqueue_duration_seconds: {
    type: 'histogram',
    help: 'Time of putting a request into its queue.',
    buckets: BUCKETS.own,
  },
  llm_d_epp_flow_control_capacity_utilization_requests: {
    type: 'gauge',
    help: 'Requests that wait, as a part of those that may: of a band that has a limit.',
    labels: { ...PRIORITY, ...FLOW_POOL },
  },
  llm_d_epp_flow_control_capacity_utilization_bytes: {
    type: 'gauge',
    help: 'The same of the bytes of their bodies.',
    labels: { ...PRIORITY, ...FLOW_POOL },
  },
  llm_d_epp_flow_control_stale_endpoints: {
    type: 'gauge',
    help: 'Endpoints whose state is unknown or too old: they count as full.',
    labels: FLOW_POOL,
  },
  llm_d_epp_flow_control_pool_saturation: {
    type: 'gauge',
    help: 'How full the model servers are: 1 and more is full.',
    labels: {
      ...FLOW_POOL,
      stage:
        '`prefill` or `decode`, where there are servers for it; `effective` is what counts, the larger one',
    },
  },
} as const satisfies Record<string, MetricRow>;
