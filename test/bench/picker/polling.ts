// What polling costs: 500 model servers with pages of 60 KB, and how late the event loop is meanwhile. By hand, after a build:
//   node --experimental-transform-types --import ./test/bench/hooks.mjs test/bench/picker/polling.ts [--servers 500] [--bytes 60000]
//     [--interval 50] [--seconds 10] [--here] [--names] [--decisions 2000]
// `--here` polls in the main thread, `--names` has servers that take `name[]`, `--decisions` is what the main thread does beside it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { unknownState } from '../../../src/scheduling/server-state.js';
import {
  CoreMetricsExtractor,
  mergedEngines,
} from '../../../src/server-metrics/core-metrics-extractor.js';
import { MetricsDataSource } from '../../../src/server-metrics/metrics-data-source.js';
import { pollHere, type StartPolls } from '../../../src/server-metrics/polling/polls.js';
import { ServerMetrics } from '../../../src/server-metrics/server-metrics.js';

const { values } = parseArgs({
  options: {
    servers: { type: 'string', default: '500' },
    bytes: { type: 'string', default: '60000' },
    interval: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '10' },
    decisions: { type: 'string', default: '2000' },
    here: { type: 'boolean', default: false },
    names: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
/** A thread is started from a file that was compiled. */
const { pollInThread } = (await import(
  new URL('../../../dist/server-metrics/polling/poll-in-thread.js', import.meta.url).href
)) as { pollInThread: StartPolls };

const servers = fork(
  new URL('./polling-servers.ts', import.meta.url),
  [values.servers, values.bytes, values.names ? 'yes' : 'no'],
  { execArgv: process.execArgv },
);
const [ports] = (await once(servers, 'message')) as [number[]];
const metrics = new ServerMetrics({
  sources: {
    metrics: {
      source: new MetricsDataSource('/metrics', undefined, values.names, undefined),
      extractor: new CoreMetricsExtractor('llm-d.ai/engine-type', 'vllm', mergedEngines([])),
    },
  },
  modelsChanged: () => undefined,
  interval: Number(values.interval),
  staleness: 2000,
  logger: new SilentLogger(),
  start: values.here ? pollHere : pollInThread,
});
const states = ports.map(() => unknownState());
ports.forEach((port, i) =>
  metrics.add({ id: `127.0.0.1:${port}`, host: '127.0.0.1', port, labels: {}, state: states[i]! }),
);
let told = 0;
metrics.onRead(() => told++);
await new Promise((later) => setTimeout(later, 4000));

// A decision: all states are looked at.
let decided = 0;
const perTick = Number(values.decisions) / 500;
const decisions = setInterval(() => {
  for (let i = 0; i < perTick; i++) {
    let least = Infinity;
    for (const { waiting, running, kvUsage } of states)
      least = Math.min(least, waiting + running + kvUsage);
    decided += least === -1 ? 0 : 1;
  }
}, 2);
const ages: number[] = [];
const ageTimer = setInterval(() => {
  const now = performance.now();
  for (const { readAt } of states) ages.push(now - readAt);
}, 250);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const cpu = process.cpuUsage();
const main = process.threadCpuUsage();
const toldBefore = told;
await new Promise((later) => setTimeout(later, seconds * 1000));
delay.disable();
clearInterval(decisions);
clearInterval(ageTimer);
const { user, system } = process.cpuUsage(cpu);
const mainUsed = process.threadCpuUsage(main);
ages.sort((a, b) => a - b);
const at = (part: number) => Math.round(ages[Math.floor(ages.length * part)]!);
console.log(
  `${values.here ? 'main' : 'thread'} names=${values.names} interval=${values.interval} (${metrics.interval.toFixed(0)}): loop delay p50 ${(delay.percentile(50) / 1e6).toFixed(2)} p99 ${(delay.percentile(99) / 1e6).toFixed(2)} max ${(delay.max / 1e6).toFixed(1)} ms; ` +
    `CPU ${((user + system) / 1e4 / seconds).toFixed(0)} % (main thread ${((mainUsed.user + mainUsed.system) / 1e4 / seconds).toFixed(0)} %); ` +
    `age of a reading p50 ${at(0.5)} p99 ${at(0.99)} ms; ${(decided / seconds).toFixed(0)} decisions/s; told ${((told - toldBefore) / seconds).toFixed(0)}/s; rss ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB; errors ${JSON.stringify([...metrics.pollErrors])}`,
);
await metrics.close();
servers.disconnect();
