/** `npm run test:http`: HTTP as strict as it must be, judged at the engine's side. See `--help`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readCorpus } from './corpus/corpus.js';
import { RecordingEngine } from './engine/recording-engine.js';
import { HELP, readOptions, type HttpOptions } from './options.js';
import { ProxyUnderTest, type ProxyCommand } from './proxy/proxy-under-test.js';
import { renderFindings, renderTable, type SuiteResult } from './report/table.js';
import { DECODER_ANSWERS, PREFILLER_ANSWERS } from './suites/answers.js';
import { REQUEST_SUITES } from './suites/requests.js';
import { HTTP2 } from './suites/http2.js';
import { QUERY_OF_DEATH } from './suites/query-of-death.js';
import { SLOW_CLIENTS } from './suites/slow-clients.js';
import type { CaseResult, Rig, Suite } from './suites/suite.js';

const SUITES: readonly Suite[] = [
  ...REQUEST_SUITES,
  DECODER_ANSWERS,
  PREFILLER_ANSWERS,
  HTTP2,
  SLOW_CLIENTS,
  QUERY_OF_DEATH,
];

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const all = [...SUITES, ...options.corpora.flatMap(readCorpus)];
  const suites = all.filter(({ name }) => isWanted(name, options.only));
  if (suites.length === 0) throw new Error('--only fits no suite');
  const results: SuiteResult[] = [];
  for (const peer of options.peers) results.push(...(await runPeer(peer, suites, options)));
  for (const result of results) {
    const findings = renderFindings(result, options.verbose);
    if (findings !== '') process.stdout.write(`${findings}\n`);
  }
  process.stdout.write(`${renderTable(results)}\n`);
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, JSON.stringify(results, null, 1));
  if (results.some(isHarmed)) process.exitCode = 1;
}

/** A corpus has demands of its own; what fails them without harm is for a reader to judge. */
function isHarmed({ proxy, suite, cases }: SuiteResult): boolean {
  const own = SUITES.some(({ name }) => name === suite);
  return (
    proxy === 'tandem' &&
    cases.some(({ verdict }) => verdict === 'violation' || (own && verdict === 'failed'))
  );
}

function isWanted(name: string, only: readonly string[]): boolean {
  return only.length === 0 || only.some((beginning) => name.startsWith(beginning));
}

async function runPeer(
  command: ProxyCommand,
  suites: readonly Suite[],
  { quick }: HttpOptions,
): Promise<SuiteResult[]> {
  const engine = await RecordingEngine.start();
  const results: SuiteResult[] = [];
  try {
    const proxy = await ProxyUnderTest.start(command, engine.port);
    try {
      const rig: Rig = { proxy, engine, quick, sidecar: command.name === 'tandem' };
      for (const suite of suites) results.push(await runSuite(suite, rig));
    } finally {
      await proxy.stop();
    }
  } finally {
    await engine.stop();
  }
  return results;
}

async function runSuite(suite: Suite, rig: Rig): Promise<SuiteResult> {
  const { proxy } = rig;
  const about = { proxy: proxy.command.name, suite: suite.name };
  const skipped = suite.skipped?.(rig);
  if (skipped !== undefined) return { ...about, seconds: 0, cases: [], skipped };
  const started = performance.now();
  const cases: CaseResult[] = [];
  const defects = proxy.defects.length;
  try {
    for await (const result of suite.run(rig)) cases.push(result);
  } catch (error) {
    cases.push(broken(suite.name, `the suite could not go on: ${String(error)}`));
  }
  if (proxy.ended) cases.push(broken(suite.name, 'the proxy has ended'));
  for (const line of proxy.defects.slice(defects)) cases.push(broken(suite.name, `logged ${line}`));
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(
    `${about.proxy}: ${suite.name}: ${cases.length} cases, ${seconds.toFixed(1)} s\n`,
  );
  return { ...about, seconds, cases };
}

const broken = (group: string, reason: string): CaseResult => ({
  ...{ group, name: 'the proxy', verdict: 'violation', reason },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`http: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
