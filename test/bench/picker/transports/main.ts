/**
 * What a call costs on the server, with our gRPC on node:http2 and with `@grpc/grpc-js`: the same handler behind both, which
 * decodes nothing, sends what came back as a picker does, and ends with the caller. In turns, each server in its own process.
 *
 *   node --experimental-transform-types --import ./test/bench/hooks.mjs test/bench/picker/transports/main.ts [rounds] [seconds]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readUsage } from '../../peers/process-tree.js';
import { median } from '../../report/statistics.js';
import { runDecisions } from '../envoy/decisions.js';

const [rounds = '5', seconds = '2'] = process.argv.slice(2);
const SIZES = [
  { bytes: 1024, streams: 32 },
  { bytes: 16_384, streams: 32 },
  { bytes: 131_072, streams: 16 },
  { bytes: 2 ** 20, streams: 8 },
];
const SERVERS = ['own', 'grpc-js'] as const;

/** @returns CPU microseconds a call, by the size of the body */
async function measure(server: string): Promise<number[]> {
  const child = fork(new URL('./server.ts', import.meta.url), [server], {
    execArgv: [...process.execArgv, '--max-semi-space-size=16'],
  });
  const [port] = (await once(child, 'message')) as [number];
  const costs: number[] = [];
  await runDecisions({ port, bytes: 1024, streams: 32, seconds: 2 });
  for (const { bytes, streams } of SIZES) {
    await runDecisions({ port, bytes, streams, seconds: 0.5 });
    const before = readUsage(child.pid!)?.cpuUs ?? NaN;
    const { done, problems } = await runDecisions({ port, bytes, streams, seconds: +seconds });
    if (problems.length > 0) throw new Error(`${server}: ${problems.join()}`);
    costs.push(((readUsage(child.pid!)?.cpuUs ?? NaN) - before) / done);
  }
  child.kill();
  return costs;
}

const found = new Map<string, number[][]>(SERVERS.map((server) => [server, []]));
for (let round = 0; round < Number(rounds); round++) {
  for (const server of SERVERS) {
    const costs = await measure(server);
    found.get(server)!.push(costs);
    console.log(round + 1, server, costs.map((cost) => cost.toFixed(0)).join(' '));
  }
}
for (const [server, all] of found) {
  const medians = SIZES.map((_, i) => median(all.map((costs) => costs[i]!)).toFixed(0));
  console.log(
    `median ${server}: ${medians.join(' ')} µs a call, ${SIZES.map(({ bytes }) => bytes).join(' ')} bytes`,
  );
}
