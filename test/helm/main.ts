/** `npm run test:helm`: the charts. See `--help` and docs/deploy.md. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderReport } from '../kubernetes/report.js';
import { ClusterSource } from './cluster/cluster-source.js';
import { manifestPath, plainManifests } from './manifests/plain-manifests.js';
import { HELP, readOptions } from './options.js';
import { Helm } from './rig/helm.js';
import { runSuite } from './suite.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<void> {
  const options = readOptions(args, process.env);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const helm = new Helm(options.helm);
  say(`helm ${helm.version}: ${helm.path}`);
  if (options.write) await writeManifests(helm);
  const folder = mkdtempSync(join(tmpdir(), 'tandem-helm-'));
  const clusters = new ClusterSource(process.env, folder, say);
  const results = await runSuite(helm, { only: options.only, folder, clusters }, say).finally(() =>
    clusters.stop(),
  );
  if (results.length + clusters.left.length === 0) throw new Error('--only fits no scenario');
  const failed = results.filter(({ failure }) => failure !== undefined);
  say(`\n${renderReport(results)}\n`);
  if (clusters.remark !== undefined) say(`${clusters.remark}\n`);
  say(`helm: ${failed.length > 0 ? 'FAILED' : `${results.length} scenarios passed`}`);
  if (failed.length === 0) rmSync(folder, { recursive: true });
  else {
    process.stderr.write(`helm: what the programs logged is in ${folder}\n`);
    process.exitCode = 1;
  }
}

async function writeManifests(helm: Helm): Promise<void> {
  for (const [file, text] of await plainManifests(helm)) {
    writeFileSync(manifestPath(file), text);
    say(`wrote helm/manifests/${file}`);
  }
}

// Servers are ended with this process, which by default it does not live to do.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

// Ports of its own: jest may run beside it.
process.env['JEST_WORKER_ID'] ??= '7';

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`helm: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
