import { SIDECAR_METRICS, type MetricRow } from './metric-table.js';
import { PICKER_METRICS } from './picker-metric-table.js';
import { PICKER_TWINS } from './picker-twin-metric-table.js';
import { ROUTER_METRICS } from './router-metric-table.js';

const HEAD = `# Metrics

<!-- Written by \`npm run docs\` from src/metrics/metric-table.ts, router-metric-table.ts, picker-metric-table.ts and what they spread; do not edit. -->

\`GET /metrics\` on the metrics port (\`--metrics-port\` of the sidecar and the picker, 9090; the router's \`--prometheus-port\`, 29000) answers in Prometheus' text format. On the
data port \`/metrics\` is a model server's own.

Times are seconds. All counters of the sidecar are there from the start, with value 0, and each of its labels has a small, fixed
set of values: no host, request or model name is one.

`;

const TAIL = `
## The process

Metrics named \`process_*\` (CPU, memory, file descriptors, start time) and \`nodejs_*\` (event-loop lag,
garbage collection, heap, active handles) are those of prom-client. \`nodejs_eventloop_lag_p99_seconds\`
tells when this process is short of CPU.

With several processes (\`--workers\`) one page tells of all: counters, histograms and what is in flight are added up, memory, CPU
time and handles too, of lags the largest counts, and breakers, allowlist and start time are the program's. What a process
counted stays in the sum when it ends, but for the last third of a second of one that crashes.
`;

/** @returns the text of docs/metrics.md */
export function metricsPage(): string {
  const router = `\n## The router\n\n${ROUTER}\n\n${sections(ROUTER_METRICS)}`;
  const picker = `\n## The picker\n\n${PICKER}\n\n${sections(PICKER_METRICS)}`;
  return `${HEAD}## The sidecar\n\n${sections(SIDECAR_METRICS)}${router}${picker}${TAIL}`;
}

const PICKER = `Named as those of llm-d's endpoint picker, so that its dashboards go on working.

Label sets that grow with what clients send are bounded: 1000 of a kind are told apart, what comes later is counted under \`other\`.
\`fairness_id\`, which clients choose, is a label of counters and gauges alone. Histograms of answers get a series with the first good
answer (2xx) of a model.

Older dashboards know some of them by another name; those are there too, with the same labels and values:

${Object.entries(PICKER_TWINS)
  .map(([older, name]) => `- \`${older}\` is \`${name}\`.`)
  .join('\n')}`;

const ROUTER =
  'Named as those of vllm-router, so that its dashboards go on working. A label `worker` has one value for each worker.';

function sections(table: Readonly<Record<string, MetricRow>>): string {
  return Object.entries(table)
    .map(([name, row]) => section(name, row))
    .join('\n');
}

function section(name: string, row: MetricRow): string {
  const labels = Object.entries(row.labels ?? {}).map(
    ([label, values]) => `- Label \`${label}\`: ${values}.\n`,
  );
  const buckets =
    row.buckets === undefined
      ? ''
      : `- Buckets, in ${row.unit ?? 'seconds'}: ${row.buckets.join(', ')}.\n`;
  const details = labels.join('') + buckets;
  return `### \`${name}\`\n\n${capitalized(row.type)}. ${row.help}\n${details === '' ? '' : `\n${details}`}`;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
