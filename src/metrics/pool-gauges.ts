import type { MetricSet } from './metric-set.js';
import type { PICKER_METRICS } from './picker-metric-table.js';
import type { LabelledValue } from './pulled-metric.js';
import { MOST_LABEL_SETS, OTHER } from './request-series.js';

/** An endpoint when the metrics are read: see `ScheduledEndpoint`. */
export interface ObservedEndpoint {
  /** `ip:port` */
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly inFlight: number;
  readonly inFlightTokens: number;
  /** What it says of itself; `readAt` is `-Infinity` where it has not yet. */
  readonly state: Readonly<Record<'waiting' | 'running' | 'kvUsage' | 'readAt', number>>;
}

export interface ObservedPool {
  readonly name: string;
  readonly endpoints: readonly ObservedEndpoint[];
}

/** Labels that name an endpoint. */
export function endpointLabels({
  id,
  name,
  namespace,
}: Pick<ObservedEndpoint, 'id' | 'name' | 'namespace'>): Readonly<Record<string, string>> {
  return { endpoint_name: name, namespace, port: id.slice(id.lastIndexOf(':') + 1) };
}

/** Metrics that are read off the endpoints when they are asked for: requests cost nothing then. */
export function collectPool(
  metrics: MetricSet<typeof PICKER_METRICS>,
  pool: () => ObservedPool,
): void {
  const mean = (
    name: keyof typeof PICKER_METRICS,
    valueOf: (state: ObservedEndpoint['state']) => number,
  ): void => {
    metrics.pulled(name, () => {
      const { name: label, endpoints } = pool();
      return [{ labels: { name: label }, value: meanOf(endpoints, valueOf) }];
    });
  };
  mean('llm_d_epp_average_kv_cache_utilization', ({ kvUsage }) => kvUsage);
  mean('llm_d_epp_average_queue_size', ({ waiting }) => waiting);
  mean('llm_d_epp_average_running_requests', ({ running }) => running);
  metrics.pulled('llm_d_epp_ready_endpoints', () => {
    const { name, endpoints } = pool();
    return [{ labels: { name }, value: endpoints.length }];
  });
  metrics.pulled('llm_d_epp_per_endpoint_queue_size', () => {
    const { name, endpoints } = pool();
    return bounded(endpoints, (endpoint) => ({
      labels: { name, model_server_endpoint: endpoint.name },
      value: endpoint.state.waiting,
    }));
  });
  metrics.pulled('llm_d_epp_inflight_requests', () =>
    bounded(pool().endpoints, (endpoint) => ({
      labels: endpointLabels(endpoint),
      value: endpoint.inFlight,
    })),
  );
  metrics.pulled('llm_d_epp_inflight_tokens', () =>
    bounded(pool().endpoints, (endpoint) => ({
      labels: endpointLabels(endpoint),
      value: endpoint.inFlightTokens,
    })),
  );
}

function meanOf(
  endpoints: readonly ObservedEndpoint[],
  valueOf: (state: ObservedEndpoint['state']) => number,
): number {
  let sum = 0;
  let count = 0;
  for (const { state } of endpoints) {
    if (state.readAt === -Infinity) continue;
    sum += valueOf(state);
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

/** The endpoints beyond the most that have a line of their own are one, with the sum of their values. */
function bounded(
  endpoints: readonly ObservedEndpoint[],
  lineOf: (endpoint: ObservedEndpoint) => LabelledValue,
): LabelledValue[] {
  const lines: LabelledValue[] = [];
  let rest = 0;
  let last: LabelledValue | undefined;
  for (const endpoint of endpoints) {
    const line = lineOf(endpoint);
    if (lines.length < MOST_LABEL_SETS) lines.push(line);
    else {
      rest += line.value;
      last = line;
    }
  }
  if (last) lines.push({ labels: otherLabels(last.labels), value: rest });
  return lines;
}

function otherLabels(labels: LabelledValue['labels']): LabelledValue['labels'] {
  return Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [label, label === 'name' ? value : OTHER]),
  );
}
