/** `npm run test:kubernetes`: the sidecar against a Kubernetes API server. See `--help` and docs/kubernetes.md. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeMachine } from '../bench/machine.js';
import { BENCH_FOLDER } from '../bench/peers/build-floor.js';
import type { ApiUnderTest } from './api/api-under-test.js';
import { FakeApi } from './api/fake-api.js';
import { findBinaries } from './api/find-binaries.js';
import { RealApi } from './api/real-api.js';
import { HELP, readOptions, type Options } from './options.js';
import { renderReport } from './report.js';
import { runSuite } from './suite.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const machine = describeMachine();
  const folder = mkdtempSync(join(tmpdir(), 'tandem-kubernetes-'));
  let failed = true;
  try {
    const api = await startApi(options, folder);
    const what = `Kubernetes: ${api.name}`;
    say(what);
    try {
      const results = await runSuite(api, options, say);
      if (results.length === 0) throw new Error('--only fits no scenario');
      const file = options.json ?? usualFile(machine.date);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${JSON.stringify({ machine, api: api.name, results }, null, 2)}\n`);
      failed = results.some(({ failure }) => failure !== undefined);
      say(`\n${renderReport(results)}\n`);
      say(`Figures kept in ${file}`);
      say(`${what}: ${failed ? 'FAILED' : `${results.length} scenarios passed`}`);
    } finally {
      await api.stop();
    }
  } finally {
    if (failed) process.stderr.write(`kubernetes: what the servers logged is in ${folder}\n`);
    else rmSync(folder, { recursive: true });
  }
  if (failed) process.exitCode = 1;
}

async function startApi({ fake }: Options, folder: string): Promise<ApiUnderTest> {
  const binaries = findBinaries(process.env);
  const isRequired = (process.env['REQUIRE_K8S'] ?? '0') !== '0';
  if (isRequired && (fake || !binaries)) {
    throw new Error(
      'REQUIRE_K8S is set, and no kube-apiserver with etcd is used: set KUBEBUILDER_ASSETS',
    );
  }
  if (fake || !binaries) return FakeApi.start(folder);
  return RealApi.start(binaries, folder);
}

function usualFile(date: string): string {
  return join(BENCH_FOLDER, `kubernetes-${date.slice(0, 19).replaceAll(':', '-')}.json`);
}

// Servers are ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

// Ports of its own: jest may run beside it.
process.env['JEST_WORKER_ID'] ??= '9';

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`kubernetes: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
