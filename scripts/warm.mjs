// Starts a sidecar, asks it a little and ends it, so that Node keeps what it compiled for the next start (NODE_COMPILE_CACHE):
// an image is shipped with that. What is kept serves the same version of Node, the same user and the same kind of CPU; others do without.
//   node scripts/warm.mjs COMMAND...   such as node dist/bundle/main.js
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 60_000;

const [port, metricsPort, decoderPort] = [await freePort(), await freePort(), await freePort()];
const [command, ...words] = process.argv.slice(2);
const flags = [
  `--port=${port}`,
  `--metrics-port=${metricsPort}`,
  `--model-server-port=${decoderPort}`,
  '--bind-address=127.0.0.1',
  '--secure-proxy=false',
  '--prefill-max-retries=0',
];
const sidecar = spawn(command, [...words, 'sidecar', ...flags], { stdio: 'inherit' });
const ended = new Promise((resolve) => sidecar.once('exit', resolve));
const url = `http://127.0.0.1:${port}`;
const deadline = AbortSignal.timeout(PATIENCE_MS);

while (!(await answers(`${url}/health`))) {
  if (deadline.aborted || sidecar.exitCode !== null) throw new Error('the sidecar does not start');
  await pause(50);
}
await answers(`${url}/health/ready`);
await answers(`http://127.0.0.1:${metricsPort}/metrics`);
// Nobody prefills and nobody decodes here: refusals pass through most of the code that answers do.
await answers(`${url}/v1/models`);
await answers(`${url}/v1/completions`, {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'x-prefiller-host-port': `127.0.0.1:${decoderPort}`,
  },
  body: '{"model":"m","prompt":"p","max_tokens":1}',
});
sidecar.kill('SIGTERM');
process.exitCode = await ended;

async function answers(address, init) {
  try {
    const answer = await fetch(address, { ...init, signal: deadline });
    await answer.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
