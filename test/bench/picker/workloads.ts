import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pause } from '../wire/clock.js';
import type { Cell, Measurement, Metric, Workload } from '../workloads/workload.js';
import type { DecisionJob, DecisionResult } from './envoy/decisions.js';
import type { LatencyJob, LatencyResult } from './envoy/latencies.js';
import { EnvoyProcess } from './envoy-process.js';
import { PickerProcess } from './picker-process.js';
import type { PickerSetup } from './setup.js';

/** Prompts, and how many requests are under way at a time. */
const SIZES = [
  { name: '1 KB', key: '1k', bytes: 1024, streams: 32 },
  { name: '16 KB', key: '16k', bytes: 16_384, streams: 32 },
  { name: '128 KB', key: '128k', bytes: 131_072, streams: 16 },
  { name: '1 MB', key: '1m', bytes: 2 ** 20, streams: 8 },
] as const;
const WARM_UP_SECONDS = 4;
const SETTLE_MS = 3000;
const HELD_STREAMS = 1000;

/** Streams that Envoy opens, sends a body on and ends with a short answer. */
function decisions(setup: PickerSetup): Workload {
  const what = `${setup.profile}, ${setup.endpoints} endpoints`;
  return {
    name: `${setup.profile}-${setup.endpoints}`,
    title: what,
    metrics: SIZES.flatMap(({ name, key }): Metric[] => [
      { key: `cpu-${key}`, label: `CPU a decision, ${name}`, unit: 'µs' },
      { key: `rate-${key}`, label: `decisions a second, ${name}`, unit: '/s' },
      { key: `p99-${key}`, label: `time to the decision p99, ${name}`, unit: 'ms' },
    ]),
    run: (cell) => runDecisions(cell, setup),
  };
}

async function runDecisions(cell: Cell, setup: PickerSetup): Promise<Measurement> {
  if (!cell.running.peer.command) return NOTHING;
  const picker = await PickerProcess.start(cell, setup);
  const { seconds, share } = cell.scale;
  const values: Record<string, number> = {};
  const problems: string[] = [];
  try {
    const run = (job: Omit<DecisionJob, 'port'>): Promise<DecisionResult> =>
      cell.load.call<DecisionResult>('decisions', { ...job, port: picker.port });
    await run({ bytes: 1024, streams: 32, seconds: WARM_UP_SECONDS * share });
    for (const { name, key, bytes, streams } of SIZES) {
      await run({ bytes, streams, seconds: seconds / 4 });
      const before = picker.usage().cpuUs;
      const result = await run({ bytes, streams, seconds });
      values[`cpu-${key}`] = (picker.usage().cpuUs - before) / result.done;
      values[`rate-${key}`] = result.done / result.seconds;
      values[`p99-${key}`] = result.p99;
      problems.push(...result.problems.map((problem) => `${name}: ${problem}`));
    }
  } finally {
    await picker.stop();
  }
  return { values, problems };
}

/** Nobody asks; model servers are polled. */
function idle(endpoints: number): Workload {
  return {
    name: `idle-${endpoints}`,
    title: `idle, ${endpoints} endpoints`,
    metrics: [
      { key: 'memory', label: 'memory (RSS)', unit: 'MiB' },
      { key: 'cpu', label: 'CPU of the polls', unit: '% of a core' },
      { key: 'delay', label: 'event loop delay p99', unit: 'ms' },
      { key: 'nothing', label: 'the same of a Node that does nothing', unit: 'ms' },
    ],
    run: (cell) => runIdle(cell, endpoints),
  };
}

async function runIdle(cell: Cell, endpoints: number): Promise<Measurement> {
  if (!cell.running.peer.command) return NOTHING;
  const picker = await PickerProcess.start(cell, { profile: 'default', endpoints }, true);
  try {
    const here = monitorEventLoopDelay({ resolution: 1 });
    await pause(SETTLE_MS);
    here.enable();
    const before = picker.usage().cpuUs;
    await pause(cell.scale.seconds * 1000 + 1000);
    const { cpuUs, rssBytes } = picker.usage();
    here.disable();
    const cpu = (cpuUs - before) / 1e4 / (cell.scale.seconds + 1);
    const memory = rssBytes / 2 ** 20;
    const nothing = here.percentile(99) / 1e6;
    return { values: { memory, cpu, delay: picker.loopDelay(), nothing }, problems: [] };
  } finally {
    await picker.stop();
  }
}

/** Requests that were sent on and are answered for long. */
const STREAMS: Workload = {
  name: 'streams',
  title: `start, then ${HELD_STREAMS} live streams, 10 endpoints`,
  metrics: [
    { key: 'start', label: 'to the first decision', unit: 'ms' },
    { key: 'memory', label: 'memory a stream (RSS)', unit: 'KiB' },
  ],
  run: runStreams,
};

async function runStreams(cell: Cell): Promise<Measurement> {
  if (!cell.running.peer.command) return NOTHING;
  const picker = await PickerProcess.start(cell, { profile: 'default', endpoints: 10 });
  try {
    const job: DecisionJob = { port: picker.port, bytes: 1024, streams: 32, seconds: 2 };
    await cell.load.call('decisions', job);
    await pause(SETTLE_MS);
    const before = picker.usage().rssBytes;
    await cell.load.call('holdStreams', { port: picker.port, count: HELD_STREAMS });
    await pause(1000);
    const memory = (picker.usage().rssBytes - before) / 1024 / HELD_STREAMS;
    return { values: { start: picker.startMs, memory }, problems: [] };
  } finally {
    await cell.load.call('clearStreams');
    await picker.stop();
  }
}

/** What a picker adds to requests through a real Envoy; `direct` is the Envoy without. */
function added({ key, name, bytes }: (typeof SIZES)[number], endpoints: number): Workload {
  return {
    name: `envoy-${endpoints}-${key}`,
    title: `through Envoy, ${endpoints} endpoints, ${name}`,
    metrics: [
      { key: 'p50', label: 'latency p50 added', unit: 'ms', added: true },
      { key: 'p99', label: 'latency p99 added', unit: 'ms', added: true },
    ],
    run: (cell) => runAdded(cell, bytes, endpoints),
  };
}

async function runAdded(cell: Cell, bytes: number, endpoints: number): Promise<Measurement> {
  const setup: PickerSetup = { profile: 'default', endpoints };
  const picker = cell.running.peer.command ? await PickerProcess.start(cell, setup) : undefined;
  let envoy: EnvoyProcess | undefined;
  try {
    envoy = await EnvoyProcess.start(picker?.port, cell.engines.workers[0]!);
    const { seconds, share } = cell.scale;
    const { port } = envoy;
    const run = (seconds: number): Promise<LatencyResult> => {
      const job: LatencyJob = { port, bytes, clients: 2, seconds };
      return cell.load.call<LatencyResult>('latencies', job);
    };
    await run(WARM_UP_SECONDS * share);
    const { p50, p99, problems } = await run(seconds);
    return { values: { p50, p99 }, problems: [...problems] };
  } finally {
    await envoy?.stop();
    await picker?.stop();
  }
}

const NOTHING: Measurement = { values: {}, problems: [] };

/** Workloads of the picker, in the order of the table. */
export const PICKER_WORKLOADS: Workload[] = [
  ...[10, 100, 500].map(idle),
  STREAMS,
  ...(['default', 'unpolled', 'pd', 'round-robin'] as const).flatMap((profile) =>
    [10, 100, 500].map((endpoints) => decisions({ profile, endpoints })),
  ),
  ...[10, 100, 500].map((endpoints) => added(SIZES[0], endpoints)),
  ...SIZES.slice(1).map((size) => added(size, 10)),
];
