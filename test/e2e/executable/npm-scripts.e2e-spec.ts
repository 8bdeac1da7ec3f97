import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DEMO_PORTS = ['DEMO_PORT', 'DEMO_DECODER_PORT', 'DEMO_PREFILLER_PORT', 'DEMO_METRICS_PORT'];

const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
  scripts: Record<string, string>;
};

describe('scripts of package.json', () => {
  // npm passes a signal on to its shell alone, which would end without what it runs.
  it.each(Object.entries(scripts))('%s takes the place of the shell', (_, script) => {
    expect(script.split(' && ').at(-1)).toMatch(/^exec /);
  });
});

describe('npm start', () => {
  let npm: ChildProcess | undefined;
  afterEach(() => void npm?.kill('SIGKILL'));

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves nothing behind on %s to npm', async (signal) => {
    const ports = await Promise.all(DEMO_PORTS.map(freePort));
    const env = Object.fromEntries(DEMO_PORTS.map((name, i) => [name, String(ports[i])]));
    npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    npm.stdout!.on('data', (data: Buffer) => (output += data.toString()));
    // The pipe ends when the last one that writes to it does.
    const ended = new Promise<void>((resolve) => npm!.stdout!.once('close', resolve));
    await until(() => output.includes('Ready.'), 30_000);
    npm.kill(signal);
    await ended;
    for (const port of ports) {
      await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    }
  });
});
