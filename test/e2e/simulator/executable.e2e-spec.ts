import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../support/free-port.js';

const ENV = { PATH: process.env['PATH'] };
const children: ChildProcess[] = [];

afterEach(async () => {
  const left = children
    .splice(0)
    .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  await Promise.all(left.map((child) => (child.kill('SIGTERM'), once(child, 'exit'))));
});

function run(command: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(command, args, {
    env: { ...ENV, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

/** Reads lines until one holds a text. */
async function lineWith(stream: NodeJS.ReadableStream, text: string): Promise<string> {
  const seen: string[] = [];
  for await (const line of createInterface({ input: stream })) {
    if (line.includes(text)) return line;
    seen.push(line);
  }
  throw new Error(`no line holds ${text}: ${seen.join('\n')}`);
}

function outcome(args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('bin/tandem', ['simulator', ...args], { env: ENV }, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

describe('tandem simulator', () => {
  it('explains its flags', async () => {
    const { code, stdout } = await outcome(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--inter-token-latency');
    expect(stdout).toContain('--kv-mismatch');
  });

  it.each([
    [['--role=neither'], '--role: expected one of prefill, decode, both'],
    [['--inter-token-latency=5'], '--inter-token-latency: expected a duration'],
  ])('refuses %j in one line', async (args, text) => {
    const { code, stdout, stderr } = await outcome(args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(text);
  });

  it('says which port is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await outcome([`--port=${port}`]);
    server.close();
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      level: 'error',
      msg: expect.stringContaining(`--port=${port}: port is in use`),
    });
  });

  it('serves until it is told to stop, and logs requests without their prompts', async () => {
    const child = run('bin/tandem', ['simulator', '--port=0', '--time-to-first-token=0']);
    const lines = createInterface({ input: child.stderr! });
    const log: string[] = [];
    const ready = new Promise<string>((resolve) => {
      lines.on('line', (line) => {
        log.push(line);
        if (line.includes('simulator ready')) resolve(line);
      });
    });
    const { port } = JSON.parse(await ready) as { port: number };
    const response = await fetch(`http://127.0.0.1:${port}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'abc' },
      body: JSON.stringify({ prompt: 'a secret', max_tokens: 1 }),
    });
    expect(response.status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    const messages = log.map((line) => (JSON.parse(line) as { msg: string }).msg);
    expect(messages).toEqual(['simulator ready', 'request arrived', 'request finished']);
    expect(log.join('\n')).toContain('cmpl-abc');
    expect(log.join('\n')).not.toContain('secret');
  });
});

describe('npm start', () => {
  it('shows a request that is prefilled and decoded apart, and stops at Ctrl-C', async () => {
    const names = ['DEMO_PORT', 'DEMO_DECODER_PORT', 'DEMO_PREFILLER_PORT', 'DEMO_METRICS_PORT'];
    const ports = await Promise.all(names.map(() => freePort()));
    const env = Object.fromEntries(names.map((name, at) => [name, String(ports[at])]));
    const child = run(process.execPath, ['scripts/start.mjs'], env);
    const command = await lineWith(child.stdout!, 'x-prefiller-host-port');
    const [, url, header, body] = /^ *curl -N (\S+) .*-H '(x-pref[^']+)' -d '(.*)'$/.exec(command)!;
    const [name, value] = header!.split(': ');
    const response = await fetch(url!, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [name!]: value! },
      body: body!,
    });
    expect(await response.text()).toMatch(/data: \[DONE\]\n\n$/);
    const metrics = await (await fetch(new URL('/metrics', url))).text();
    expect(metrics).toMatch(/nixl_xfer_time_seconds_count\{[^}]*\} 1\n/);
    child.stdout!.resume();
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('names the variable of a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = run(process.execPath, ['scripts/start.mjs'], { DEMO_PORT: String(port) });
    const exit = once(child, 'exit');
    await lineWith(child.stdout!, `port ${port} is in use: set DEMO_PORT to a free one`);
    server.close();
    expect(await exit).toEqual([1, null]);
  });
});
