// The programs of a demo: started together, shown together, ended together.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const READY_TIMEOUT_MS = 30_000;
const WIDTH = 12;
const COLOURS = [35, 36, 34, 33, 31, 95, 96, 32];
const root = fileURLToPath(new URL('../..', import.meta.url));
const colours = new Map([['demo', 1]]);
const children = new Map();
let isEnding = false;

/** @param name of a program, or `demo` */
export function say(name, line) {
  const label = `[${name}]`.padEnd(WIDTH);
  const colour = colours.get(name);
  const isColoured = process.stdout.isTTY && colour !== undefined;
  process.stdout.write(`${isColoured ? `\x1b[${colour}m${label}\x1b[0m` : label}${line}\n`);
}

export function build() {
  const built = spawnSync('sh', [`${root}scripts/build`], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) throw new Error('the build failed');
}

/**
 * A program that the demo cannot do without.
 *
 * @param args of `bin/tandem`
 */
export function start(name, ...args) {
  endAllWith(name, launch(name, args));
}

/** Another program that the demo cannot do without. @param path of it */
export function startOther(name, path, ...args) {
  endAllWith(name, launch(name, args, path));
}

function endAllWith(name, child) {
  child.on('exit', (code, signal) => {
    if (isEnding) return;
    say('demo', `the ${name} ended (${signal ?? `exit code ${code}`}), stopping the others`);
    void end(1);
  });
}

/**
 * A program that may be killed: it is started again.
 *
 * @param afterMs how long it stays away
 */
export function keepUp(afterMs, name, ...args) {
  launch(name, args).on('exit', (code, signal) => {
    if (isEnding) return;
    say('demo', `${name} ended (${signal ?? `exit code ${code}`}); back in ${afterMs / 1000} s`);
    setTimeout(() => isEnding || keepUp(afterMs, name, ...args), afterMs);
  });
}

/** @returns the process number of a program that runs, for a line that kills it */
export function processOf(name) {
  return children.get(name)?.pid;
}

function launch(name, args, path = `${root}bin/tandem`) {
  if (!colours.has(name)) colours.set(name, COLOURS[(colours.size - 1) % COLOURS.length]);
  // In a process group of its own: Ctrl-C in a terminal reaches this program alone, which passes it
  // on once. Signalled twice, a proxy would leave without draining.
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(path, args, { stdio, detached: true });
  children.set(name, child);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => say(name, line));
  }
  child.on('exit', () => children.delete(name));
  return child;
}

export async function end(code) {
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

export async function untilReady(name, url) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the ${name} was not ready within ${READY_TIMEOUT_MS / 1000} s (${url})`);
}

/** Runs a demo until it is told to stop. */
export function runDemo(main) {
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
}

/** @returns a line for a terminal that posts JSON */
export function curl(url, headers, body) {
  const lines = ['content-type: application/json', ...headers].map((header) => `-H '${header}'`);
  return `curl -N ${url} ${lines.join(' ')} -d '${JSON.stringify(body)}'`;
}
