import type { Counter, MetricObjectWithValues, MetricValue, Registry } from 'prom-client';

type Metric = MetricObjectWithValues<MetricValue<string>>;

/** All metrics of one process with their values, as JSON. */
export type MetricsDump = readonly Metric[];

/** Says nothing of the whole when it is added up. */
const LARGEST = /^nodejs_eventloop_lag_/;
/** One for all: that of the first process. */
const OF_THE_FIRST = /^(?:process_start_time_seconds|process_max_fds|nodejs_version_info)$/;

/**
 * How the values of several processes become one: counts and sizes are added, of lags the largest counts, and what
 * describes the program is said once.
 */
function aggregatorOf(name: string): 'sum' | 'max' | 'first' {
  if (LARGEST.test(name)) return 'max';
  return OF_THE_FIRST.test(name) ? 'first' : 'sum';
}

/** @returns what can be sent to another process and added to its metrics */
export async function dumpMetrics(registry: Registry): Promise<MetricsDump> {
  const metrics = (await registry.getMetricsAsJSON()) as Metric[];
  return metrics.map((metric) => ({
    ...metric,
    aggregator: aggregatorOf(metric.name),
    // JSON has no NaN, which a lag is before it was measured.
    values: metric.values.map((one) => (Number.isFinite(one.value) ? one : { ...one, value: 0 })),
  }));
}

/** @returns what only ever grows, which must not be forgotten when its process ends */
export function lasting(dump: MetricsDump): MetricsDump {
  // The types say numbers, the values are words.
  return dump.filter(({ type }) => ['counter', 'histogram'].includes(String(type)));
}

/** @returns a dump without the metrics of these names */
export function without(dump: MetricsDump, names: ReadonlySet<string>): MetricsDump {
  return dump.filter(({ name }) => !names.has(name));
}

/** @returns the sum of a counter over all its labels; much less work than a dump */
export async function countOf(registry: Registry, name: string): Promise<number> {
  const counter = registry.getSingleMetric(name) as Counter | undefined;
  let sum = 0;
  for (const { value } of (await counter?.get())?.values ?? []) sum += value;
  return sum;
}
