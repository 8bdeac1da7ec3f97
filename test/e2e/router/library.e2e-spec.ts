import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeEngine } from '../../support/fake-engine.js';
import { healthy, named } from '../../support/router-fixture.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
let folder: string;
let engine: FakeEngine | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-'));
  await mkdir(join(folder, 'node_modules'));
  await symlink(root, join(folder, 'node_modules/tandem'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => engine?.stop());

/** Runs a program of somebody who has installed the package. @returns what it prints */
const consumer = async (text: string): Promise<string> => {
  await writeFile(join(folder, 'main.mjs'), text);
  return (await run(process.execPath, ['main.mjs'], { cwd: folder })).stdout;
};
const compile = async (text: string): Promise<string> => {
  await writeFile(join(folder, 'main.ts'), text);
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--types', ''];
  const modules = ['--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024'];
  const tsc = join(root, 'node_modules/typescript7/bin/tsc');
  return run(process.execPath, [tsc, ...options, ...modules, 'main.ts'], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (failure: { stdout: string }) => failure.stdout,
  );
};

describe("import { startRouter } from 'tandem'", () => {
  it('starts routers in a process, which ends when they are closed', async () => {
    engine = await FakeEngine.start(healthy(named('a')));
    const printed = await consumer(`
      import { startRouter, Router } from 'tandem';
      const before = process.listenerCount('SIGTERM');
      const options = { workerUrls: ['http://${engine.hostPort}'], port: 0, prometheusPort: 0 };
      const one = await startRouter({ ...options, policy: 'round_robin' }, { log: false });
      const other = new Router(options, { log: false });
      const { url } = await other.start();
      for (const base of [one.url, url]) {
        while (!(await fetch(base + '/readiness')).ok) await new Promise((r) => setTimeout(r, 20));
        const answer = await fetch(base + '/v1/completions', { method: 'POST', body: '{"prompt":"x"}' });
        console.log((await answer.json()).worker);
      }
      console.log(one.workers[0].status, process.listenerCount('SIGTERM') - before);
      console.log(await one.drain());
      await other.close();
      await other.close();
    `);
    expect(printed).toBe('a\na\nready 0\ntrue\n');
  });

  it('starts nothing when it is imported, and names a wrong option', async () => {
    const printed = await consumer(`
      import { startRouter, ConfigError } from 'tandem';
      for (const options of [{ polcy: 'random' }, { policy: 'nonsense' }, { workerUrls: ['ftp://a'] }]) {
        const error = await startRouter(options, { log: false }).catch((error) => error);
        console.log(error instanceof ConfigError, error.code, error.at.key, error.message.split(':')[0]);
      }
    `);
    expect(printed.trim().split('\n')).toEqual([
      'true ERR_CONFIG polcy unknown option polcy',
      'true ERR_CONFIG policy policy',
      'true ERR_CONFIG worker-urls workerUrls',
    ]);
  });

  it('has types that TypeScript checks', async () => {
    const good = `
      import { ConfigError, Router, startRouter, type RouterHandle, type RouterOptions } from 'tandem';
      const options: RouterOptions = { workerUrls: ['http://a:1'], policy: 'cache_aware', queueTimeoutSecs: 0.5,
        prefill: [{ url: 'http://p:1', bootstrapPort: 8998 }], enableIgw: true, logDir: undefined };
      const handle: RouterHandle = await startRouter(options, { log: false });
      const port: number = handle.port;
      handle.workers.map(({ url, load }) => url + load + port);
      await handle.drain();
      await new Router(options).close();
      export { ConfigError };
    `;
    expect(await compile(good)).toBe('');
    const bad = `import { startRouter } from 'tandem';\nvoid startRouter({ policy: 'nonsense', port: '1' });`;
    expect(await compile(bad)).toMatch(/TS2322/);
  });
});
