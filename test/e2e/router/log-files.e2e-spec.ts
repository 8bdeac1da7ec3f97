import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeEngine } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { healthy, named, post } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

let folder: string;
let engine: FakeEngine;
let router: SidecarProcess | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-logs-'));
  engine = await FakeEngine.start(healthy(named('a')));
});
afterEach(async () => {
  await router?.stop();
  await engine.stop();
  rmSync(folder, { recursive: true });
});

const start = async (...args: readonly string[]): Promise<SidecarProcess> => {
  router = await SidecarProcess.start(({ data, metrics }) => [
    ...['router', '--worker-urls', `http://${engine.hostPort}`],
    ...['--port', String(data), '--prometheus-port', String(metrics), ...args],
  ]);
  return router;
};
const today = (): string => `tandem-router.${new Date().toISOString().slice(0, 10)}.log`;
const isReady = ({ lines }: SidecarProcess): boolean =>
  lines.some(({ msg, status }) => msg === 'worker' || status === 'ready');

describe('--log-dir', () => {
  it('writes the lines of stderr to a file of the day too, and begins a new one on SIGHUP', async () => {
    const started = await start('--log-dir', folder);
    await until(() => isReady(started));
    const path = join(folder, today());
    await (await post(started)).text();
    await until(() => readFileSync(path, 'utf8').includes('"msg":"request"'));
    await until(() => started.stderr.includes('"msg":"request"'));
    expect(started.stderr.startsWith(readFileSync(path, 'utf8'))).toBe(true);

    renameSync(path, join(folder, 'moved'));
    started.signal('SIGHUP');
    await until(() => existsSync(join(folder, today())));
    expect(readFileSync(join(folder, 'moved'), 'utf8')).toContain('"msg":"ready"');
  });

  it('says in one line that no file can be written there', async () => {
    const started = await start('--log-dir=/dev/null/logs');
    expect(await started.exited()).toBe(1);
    expect(started.stderr).toContain('--log-dir=/dev/null/logs: no file can be written there');
    expect(started.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('takes the words of other routers', async () => {
    const started = await start('--log-level', 'warning', '--log-json');
    await fetch(`${started.url}/liveness`).catch(() => undefined);
    await until(() => engine.requests.length > 0);
    expect(started.stderr).toBe('');
  });
});
