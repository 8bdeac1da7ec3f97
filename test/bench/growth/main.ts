/** `npm run bench:growth`: what the sidecar costs as the work grows. See `--help` and docs/performance.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BENCH_FOLDER } from '../peers/build-floor.js';
import { openFilesShort } from './open-files.js';
import { type GrowthOptions, HELP, readOptions } from './options.js';
import { growthPictures } from './pictures.js';
import { renderGrowth, tooFast } from './report.js';
import type { GrowthReport } from './results.js';
import { runGrowth } from './run-growth.js';

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) return void process.stdout.write(HELP);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const report = options.from ? readReport(options.from) : await measure(options, say);
  process.stdout.write(`${renderGrowth(report)}\n`);
  if (options.svgFolder !== undefined) draw(report, options.svgFolder);
  const grown = report.settings.quick ? [] : tooFast(report, 'tandem');
  for (const figure of grown) process.stdout.write(`\nGrows faster than the work: ${figure}`);
  const isWrong = report.curves.some(({ problems }) => problems.length > 0);
  if (isWrong || grown.length > 0) process.exitCode = 1;
}

async function measure(options: GrowthOptions, say: (line: string) => void): Promise<GrowthReport> {
  const short = openFilesShort(options);
  if (short !== undefined) throw new Error(short);
  const report = await runGrowth(options, say);
  const date = report.machine.date.slice(0, 19).replaceAll(':', '-');
  const file = options.json ?? join(BENCH_FOLDER, `growth-${date}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, null, 1)}\n`);
  say(`Figures kept in ${file}`);
  return report;
}

function readReport(file: string): GrowthReport {
  return JSON.parse(readFileSync(file, 'utf8')) as GrowthReport;
}

function draw(report: GrowthReport, folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, svg] of growthPictures(report)) writeFileSync(join(folder, name), svg);
}

// Peers are ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`bench:growth: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
