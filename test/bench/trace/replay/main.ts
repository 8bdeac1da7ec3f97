/** `npm run bench:affinity`: the same traffic through several routers. See `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PeerProcess } from '../../peers/peer-process.js';
import { alignColumns } from '../../report/columns.js';
import { Worker } from '../../wire/worker.js';
import { generate } from '../generate.js';
import { summaryCells, SUMMARY_COLUMNS } from '../summary.js';
import { HELP, readOptions, type ReplayOptions } from './options.js';
import { replay, type Replayed } from './replay.js';

interface Row {
  readonly trace: string;
  readonly policy: string;
  readonly peer: string;
  readonly result: Replayed | { readonly error: string };
}

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return void process.stdout.write(HELP);
  const engines = new Worker(new URL('./engines.ts', import.meta.url));
  try {
    const ports = await engines.call<number[]>('listen', options.workers);
    const rows: Row[] = [];
    for (const trace of options.traces)
      for (const policy of options.policies)
        for (const name of options.peers.keys()) {
          const result = await runOne({ trace, policy, name }, options, { engines, ports });
          rows.push({ trace, policy, peer: name, result });
          process.stderr.write(`${JSON.stringify(rows.at(-1))}\n`);
        }
    report(rows, options);
  } finally {
    engines.stop();
  }
}

async function runOne(
  { trace, policy, name }: { trace: string; policy: string; name: string },
  { peers, workers, seconds, speed }: ReplayOptions,
  { engines, ports }: { engines: Worker; ports: number[] },
): Promise<Row['result']> {
  try {
    const peer = peers.get(name)!(policy);
    const running = await PeerProcess.start(peer, { prefill: 0, decode: 0, workers: ports });
    const stage = { port: running.target.port!, engines, workers, speed };
    return await replay(generate(trace, seconds, 1), stage).finally(() => running.stop());
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function report(rows: readonly Row[], options: ReplayOptions): void {
  const table = rows.flatMap(({ trace, policy, peer, result }) =>
    'error' in result
      ? []
      : [[trace, policy, peer, ...summaryCells(result), String(result.failures)]],
  );
  const head = ['trace', 'policy', 'router', ...SUMMARY_COLUMNS, 'failures'];
  process.stdout.write(`${alignColumns([head, ...table]).join('\n')}\n`);
  for (const { policy, peer, result } of rows)
    if ('error' in result)
      process.stdout.write(`- ${peer}, ${policy}: ${result.error.split('\n')[0]}\n`);
  if (options.json === undefined) return;
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `bench:affinity: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
