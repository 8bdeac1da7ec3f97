import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface Row {
  worker_type: string;
  status: string;
}

describe('npm run demo:router', () => {
  let npm: ChildProcess | undefined;
  afterEach(() => void npm?.kill('SIGKILL'));

  it('serves three pools under a load, and leaves nothing behind', async () => {
    const [port, ops] = await Promise.all([freePort(), freePort()]);
    npm = spawn('npm', ['run', 'demo:router'], {
      cwd: ROOT,
      env: {
        ...process.env,
        DEMO_PORT: String(port),
        DEMO_OPS_PORT: String(ops),
        DEMO_WORKER_PORT: String(await freePort()),
        DEMO_CLIENTS: '2',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    npm.stdout!.on('data', (data: Buffer) => (output += data.toString()));
    const ended = new Promise<void>((resolve) => npm!.stdout!.once('close', resolve));
    await until(() => /\d answers, 0 errors/.test(output), 50_000);
    const list = (await (await fetch(`http://127.0.0.1:${port}/workers`)).json()) as {
      workers: Row[];
    };
    const ready = list.workers.filter(({ status }) => status === 'ready');
    expect(ready.map(({ worker_type }) => worker_type).sort()).toEqual([
      'decode',
      'decode',
      'prefill',
      'prefill',
      'regular',
      'regular',
    ]);
    const decisions = await fetch(`http://127.0.0.1:${ops}/debug/decisions?limit=1`);
    expect([decisions.status, await decisions.json()]).toMatchObject([200, { decisions: [{}] }]);
    npm.kill('SIGTERM');
    await ended;
    await expect(fetch(`http://127.0.0.1:${port}/liveness`)).rejects.toThrow();
  });
});
