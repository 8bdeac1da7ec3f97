/** `npm run test:clients`: the official clients through the sidecar, or the router. See `--help` and docs/clients.md. */
import type { ClientUnderTest, Library } from './check.js';
import { nodeClients } from './node/clients.js';
import { HELP, readOptions } from './options.js';
import { preparePython } from './python/environment.js';
import { PythonClient } from './python/python-client.js';
import { renderReport } from './report.js';
import { startRig } from './rig/rig.js';
import { runSuite } from './suite.js';

const LIBRARIES: readonly Library[] = ['openai', 'anthropic'];

async function main(args: string[]): Promise<void> {
  const options = readOptions(args, process.env);
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const python = await preparePython();
  const rig = await startRig(options);
  const clients: ClientUnderTest[] = nodeClients();
  try {
    for (const library of LIBRARIES) clients.push(await PythonClient.start(python, library));
    const simulated = options.engines === undefined;
    const results = await runSuite(clients, rig, {
      simulated,
      through: options.through,
      only: options.only,
    });
    if (results.length === 0) throw new Error('--only fits no check');
    process.stdout.write(`${renderReport(results)}\n`);
    if (results.some(({ failure }) => failure !== undefined)) {
      process.stderr.write(`clients: what the programs logged is in ${rig.keepLogs()}\n`);
      process.exitCode = 1;
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await rig.stop();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`clients: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
