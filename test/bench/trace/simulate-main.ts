/** `npm run simulate:policies`: how well policies do by made-up traffic. See `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { alignColumns } from '../report/columns.js';
import { generate } from './generate.js';
import { HELP, readOptions, type SimulateOptions } from './simulate-options.js';
import { simulate } from './simulate.js';
import { medianOf, type Summary, summaryCells, SUMMARY_COLUMNS } from './summary.js';

interface Row {
  readonly trace: string;
  readonly policy: string;
  readonly summary: Summary;
}

function main(args: string[]): void {
  const options = readOptions(args);
  if (options.help) return void process.stdout.write(HELP);
  const rows = options.traces.flatMap((trace) => runTrace(trace, options));
  const table = rows.map(({ trace, policy, summary }) => [trace, policy, ...summaryCells(summary)]);
  const head = ['trace', 'policy', ...SUMMARY_COLUMNS];
  process.stdout.write(`${alignColumns([head, ...table]).join('\n')}\n`);
  if (options.json === undefined) return;
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify({ options, rows }, null, 2)}\n`);
}

function runTrace(name: string, options: SimulateOptions): Row[] {
  const { policies, seconds, seeds } = options;
  const traces = Array.from({ length: seeds }, (_, i) => generate(name, seconds, i + 1));
  return policies.map(({ label, policy }) => {
    const summary = medianOf(traces.map((trace) => simulate(trace, policy, options)));
    process.stderr.write(`${name} ${label}\n`);
    return { trace: name, policy: label, summary };
  });
}

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `simulate:policies: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}
