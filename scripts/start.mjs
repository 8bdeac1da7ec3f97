// The demo behind `npm start`: a prefiller, a decoder and the sidecar on loopback ports.
//   DEMO_PORT            the sidecar (8000)
//   DEMO_DECODER_PORT    the decoding simulator (8001)
//   DEMO_PREFILLER_PORT  the prefilling simulator (8002)
//   DEMO_METRICS_PORT    the sidecar's metrics (9090)
// A port that no variable names and that is busy gives way to the next free one.
import { spawn, spawnSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 30_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const colours = process.stdout.isTTY
  ? { prefiller: 35, decoder: 36, sidecar: 32, demo: 1 }
  : undefined;

function say(name, line) {
  const label = `[${name}]`.padEnd(12);
  process.stdout.write(`${colours ? `\x1b[${colours[name]}m${label}\x1b[0m` : label}${line}\n`);
}

async function isFree(port) {
  // Listening alone is not enough: another program may hold the wildcard address.
  const answered = await new Promise((resolve) => {
    const socket = connect(port, HOST);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
  if (answered) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

async function choosePort(variable, fallback, taken) {
  const asked = process.env[variable];
  const first = Number(asked ?? fallback);
  if (!Number.isInteger(first) || first < 1 || first > 65_535) {
    throw new Error(`${variable}=${asked} is not a port: give a number from 1 to 65535`);
  }
  for (let port = first; port <= 65_535; port++) {
    if (!taken.has(port) && (await isFree(port))) {
      taken.add(port);
      return port;
    }
    if (asked !== undefined) break;
  }
  throw new Error(`port ${first} is in use: set ${variable} to a free one`);
}

const children = new Map();
let isEnding = false;

function start(name, ...args) {
  // In a process group of its own: Ctrl-C in a terminal reaches this program alone, which passes it
  // on once. Signalled twice, the sidecar would leave without draining.
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(`${root}bin/tandem`, args, { stdio, detached: true });
  children.set(name, child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => say(name, line));
  }
  child.on('exit', (code, signal) => {
    children.delete(name);
    if (isEnding) return;
    say('demo', `the ${name} ended (${signal ?? `exit code ${code}`}), stopping the others`);
    void end(1);
  });
}

async function end(code) {
  if (isEnding) return;
  isEnding = true;
  const left = [...children.values()];
  const ended = left.map((child) => new Promise((resolve) => child.once('exit', resolve)));
  for (const child of left) child.kill('SIGTERM');
  const force = setTimeout(() => left.forEach((child) => child.kill('SIGKILL')), 3_000);
  await Promise.all(ended);
  clearTimeout(force);
  process.exit(code);
}

async function untilReady(name, url) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the ${name} was not ready within ${READY_TIMEOUT_MS / 1000} s (${url})`);
}

function curl(url, headers, body) {
  const lines = ['content-type: application/json', ...headers].map((header) => `-H '${header}'`);
  return `curl -N ${url} ${lines.join(' ')} -d '${JSON.stringify(body)}'`;
}

async function main() {
  const built = spawnSync('sh', [`${root}scripts/build`], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) throw new Error('the build failed');

  const taken = new Set();
  const port = await choosePort('DEMO_PORT', 8000, taken);
  const decoder = await choosePort('DEMO_DECODER_PORT', 8001, taken);
  const prefiller = await choosePort('DEMO_PREFILLER_PORT', 8002, taken);
  const metrics = await choosePort('DEMO_METRICS_PORT', 9090, taken);

  const format = '--log-format=pretty';
  start('prefiller', 'simulator', '--role=prefill', `--port=${prefiller}`, format);
  start('decoder', 'simulator', '--role=decode', `--port=${decoder}`, format);
  await Promise.all([
    untilReady('prefiller', `http://${HOST}:${prefiller}/health`),
    untilReady('decoder', `http://${HOST}:${decoder}/health`),
  ]);
  start(
    'sidecar',
    'sidecar',
    `--port=${port}`,
    `--bind-address=${HOST}`,
    `--model-server-port=${decoder}`,
    `--metrics-port=${metrics}`,
    '--secure-proxy=false',
    format,
  );
  await untilReady('sidecar', `http://${HOST}:${port}/health/ready`);
  introduce(port, prefiller, metrics);
}

function introduce(port, prefiller, metrics) {
  const url = `http://${HOST}:${port}/v1/chat/completions`;
  const messages = [{ role: 'user', content: 'Tell me a story' }];
  const body = { model: 'tiny', messages, max_tokens: 20, stream: true };
  const text = `
Ready. In another terminal:

  Prefill at the prefiller, decode at the decoder, streamed:
    ${curl(url, [`x-prefiller-host-port: ${HOST}:${prefiller}`], body)}

  Passed through to the decoder alone:
    ${curl(url, [], { ...body, stream: false })}

  Metrics: http://${HOST}:${metrics}/metrics (sidecar), http://${HOST}:${port}/metrics (decoder)
  Ctrl-C stops everything.
`;
  process.stdout.write(`${text}\n`);
}

process.once('SIGINT', () => void end(0));
process.once('SIGTERM', () => void end(0));
// npm that is killed outright passes no signal on. Without npm, who starts this may well leave before it.
if (process.env.npm_lifecycle_event !== undefined) {
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && void end(1), 500).unref();
}
main().catch((error) => {
  say('demo', error.message);
  void end(1);
});
