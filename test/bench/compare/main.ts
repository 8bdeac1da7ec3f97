/** `npm run bench:compare`: this checkout beside an older one. See `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readOptions as readBenchOptions } from '../options.js';
import { BENCH_FOLDER } from '../peers/build-floor.js';
import { sidecarPeer, type Peer } from '../peers/peer.js';
import type { BenchReport } from '../report/results.js';
import { alignColumns } from '../report/columns.js';
import { formatNumber } from '../report/format-number.js';
import { runBench } from '../runner.js';
import { checkOut, removeOthers } from './checkout.js';
import { mergeRuns } from './runs.js';
import { compare, type Comparison } from './verdict.js';

const HELP = `Usage: npm run bench:compare -- [REVISION] [OPTION ...]

Measures this checkout, as built, beside an older revision of it, interleaved, and flags figures
that changed beyond noise. This checkout runs twice: what its two copies differ by is noise. It takes 2 to 6 minutes
a workload on two cores, free or busy, so 8 to 25 for the four that it measures by default, and a minute before that
where the packages of the revision have to be installed. Its checkout, 640 MB, stays in
.bench/compare for the next time; those of other revisions are removed at the end.

  REVISION           a commit, tag or branch (default HEAD~1: the commit before the present one)
  --only LIST        workloads, as npm run bench has them (default short,pass,flat-200,prompt-1m-string)
  --runs N           runs, each with fresh processes (default 9; with less than 5 nothing can be told from chance)
  --rounds N         rounds of a run (default 3)
  --seconds N        length of a window (default 1)
  --threshold N      per cent that count as a change (default 5)
  --json FILE        where to keep the figures (default .bench/compare-DATE.json)
  --help             this text

Exit code 1 when a figure became slower, or a peer did something wrong.
`;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ARGUMENTS =
  'sidecar --secure-proxy=false --metrics-port=0 --bind-address=127.0.0.1 --port={port} --model-server-port={decoder}';

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      only: { type: 'string', default: 'short,pass,flat-200,prompt-1m-string' },
      runs: { type: 'string', default: '9' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '1' },
      threshold: { type: 'string', default: '5' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const threshold = Number(values.threshold) / 100;
  if (!(threshold >= 0)) throw new Error(`--threshold: ${values.threshold} is no number`);
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`--runs: ${values.runs} is no count`);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const { only, rounds, seconds } = values;
  const options = readBenchOptions(['--only', only, '--rounds', rounds, '--seconds', seconds]);
  const old = checkOut(positionals[0] ?? 'HEAD~1', say);
  const peers = [peerIn('old', old.folder), peerIn('new', ROOT), peerIn('again', ROOT)];
  const reports: BenchReport[] = [];
  for (let run = 1; run <= runs; run++) {
    say(`run ${run} of ${runs}`);
    reports.push(await runBench({ ...options, peers, base: 'old' }, say));
  }
  const report = mergeRuns(reports);
  const date = report.machine.date.slice(0, 19).replaceAll(':', '-');
  const file = values.json ?? join(BENCH_FOLDER, `compare-${date}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ revision: old.commit, ...report }, null, 2)}\n`);
  const rows = compareAll(report, threshold);
  process.stdout.write(`${render(report, rows, old.commit)}\n\nFigures kept in ${file}\n`);
  removeOthers(old.folder);
  const isWrong = report.results.some(({ problems }) => problems.length > 0);
  if (isWrong || rows.some(({ verdict }) => verdict === 'slower')) process.exitCode = 1;
}

function peerIn(name: string, folder: string): Peer {
  return sidecarPeer(name, [join(folder, 'bin/tandem'), ...ARGUMENTS.split(' ')]);
}

interface Row extends Comparison {
  readonly workload: string;
  readonly figure: string;
  readonly values: readonly number[];
}

function compareAll(report: BenchReport, threshold: number): Row[] {
  return report.workloads.flatMap(({ name, title, metrics }) => {
    const cells = ['old', 'new', 'again'].map((peer) =>
      report.results.find((cell) => cell.workload === name && cell.peer === peer),
    );
    return metrics.map(({ key, label, unit }) => {
      const [old = [], now = [], again = []] = cells.map((cell) => cell?.rounds[key]);
      const higherIsBetter = unit === '/s';
      return {
        workload: title,
        figure: `${label} (${unit})`,
        values: cells.map((cell) => cell?.medians[key] ?? NaN),
        ...compare({ old, now, again, higherIsBetter }, threshold),
      };
    });
  });
}

function render(report: BenchReport, rows: readonly Row[], commit: string): string {
  const { machine, settings } = report;
  const head = `${machine.date} · ${machine.cpu}, ${machine.cores} cores · node ${machine.node} · load before ${machine.loadBefore} · old is ${commit.slice(0, 12)} · ${settings.rounds} rounds a run`;
  const table = [
    ['workload', 'figure', 'old', 'new', 'worse by', 'its copies differ by', 'runs worse', ''],
    ...rows.map((row) => [
      row.workload,
      row.figure,
      ...row.values.slice(0, 2).map((value) => formatNumber(value)),
      percent(row.ratio),
      percent(row.control),
      `${row.worse} of ${row.runs}`,
      row.verdict,
    ]),
  ];
  const problems = report.results.flatMap(({ workload, peer, problems: found }) =>
    found.map((problem) => `- ${workload}, ${peer}: ${problem}`),
  );
  const legend = [
    '',
    'old, new: medians of all runs. worse by: the median over the runs of what new differs from old by in the same run, which',
    'the two medians need not differ by. its copies differ by: the same for new and its second copy. runs worse: of new against old.',
  ];
  return [head, '', ...alignColumns(table), ...legend, ...problems].join('\n');
}

function percent(ratio: number): string {
  return `${ratio >= 1 ? '+' : ''}${((ratio - 1) * 100).toFixed(1)} %`;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(
    `bench:compare: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
