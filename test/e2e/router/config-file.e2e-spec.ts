import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeEngine, json } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { healthy, post } from '../../support/router-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

let folder: string;
let file: string;
let router: SidecarProcess | undefined;
const engines: FakeEngine[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'router-config-'));
  file = join(folder, 'router.yaml');
});
afterEach(async () => {
  await router?.stop();
  router = undefined;
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  await rm(folder, { recursive: true });
});

const engine = async (name: string): Promise<string> => {
  const started = await FakeEngine.start(healthy(json({ worker: name })));
  engines.push(started);
  return `http://${started.hostPort}`;
};
const start = async (text: string, args: readonly string[] = []): Promise<SidecarProcess> => {
  await writeFile(file, text);
  router = await SidecarProcess.start(({ data, metrics }) => [
    ...['router', '--config', file, '--port', String(data), '--prometheus-port', String(metrics)],
    ...args,
  ]);
  return router;
};
const workers = async (): Promise<{ url: string; status: string }[]> => {
  const answer = (await (await fetch(`${router!.url}/workers`)).json()) as {
    workers: { url: string; status: string }[];
  };
  return answer.workers;
};
/** As `until`, for what has to be asked. */
const eventually = async (condition: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 20_000;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`not in time: ${condition}`);
    await sleep(20);
  }
};
const ready = (count: number): Promise<void> =>
  eventually(
    async () => (await workers()).filter(({ status }) => status === 'ready').length === count,
  );
const lines = (message: string): Record<string, unknown>[] =>
  router!.lines.filter(({ msg }) => String(msg).startsWith(message));
const REFUSED = 'configuration refused';

describe('tandem router --config', () => {
  it('takes over what a changed file says, all at once', async () => {
    const [a, b] = [await engine('a'), await engine('b')];
    await start(`worker-urls: [${a}]\npolicy: round_robin\nqueue-size: 7\n`);
    await ready(1);
    await writeFile(`${file}.new`, `worker-urls:\n  - ${b}\npolicy: least_load\napi-key: s3cret\n`);
    await rename(`${file}.new`, file);
    await until(() => lines('configuration changed').length === 1);
    const [line] = lines('configuration changed');
    expect(line!['changed']).toEqual(['api-key', 'worker-urls', 'policy', 'queue-size']);
    expect(router!.stderr).not.toContain('s3cret');
    expect((await post(router!)).status).toBe(401);
    const key = { authorization: 'Bearer s3cret' };
    await eventually(async () => (await post(router!, undefined, undefined, key)).status === 200);
    const answer = await post(router!, undefined, undefined, key);
    expect(await answer.json()).toEqual({ worker: 'b' });
  });

  it.each([
    ['a bad value', 'policy: nonsense', 2, 'policy'],
    ['an unknown key', 'polcy: random', 2, 'polcy'],
    ['a setting that needs a restart', 'log-format: json', 2, 'log-format'],
    ['a worker that is none', 'worker-urls: [ftp://a]', 2, 'worker-urls'],
  ])('refuses a file whole with %s', async (_, wrong, line, key) => {
    const started = await start('queue-size: 7\n');
    await until(() => lines('ready').length === 1);
    await writeFile(file, `queue-size: 8\n${wrong}\n`);
    started.signal('SIGHUP');
    await until(() => lines(REFUSED).length === 1);
    const [refused] = lines(REFUSED);
    expect(refused).toMatchObject({ level: 'error', file, line, key });
    expect(refused!['reason']).toContain(`router.yaml, line ${line}: `);
    await writeFile(file, 'queue-size: 7\n');
    started.signal('SIGHUP');
    await until(() => lines('configuration file read again').length > 0);
    expect(lines('configuration changed')).toEqual([]);
  });

  it('takes an empty file for one that is being written', async () => {
    await start('queue-size: 7\n');
    await until(() => lines('ready').length === 1);
    await writeFile(file, '');
    await until(() => lines(REFUSED).length === 1);
    expect(lines(REFUSED)[0]!['reason']).toContain('it is empty');
  });

  it('lets flags win, also over what changes', async () => {
    const started = await start('queue-size: 7\n', ['--queue-size', '9']);
    await until(() => lines('ready').length === 1);
    await writeFile(file, 'queue-size: 8\nmax-concurrent-requests: 5\n');
    started.signal('SIGHUP');
    await until(() => lines('configuration changed').length === 1);
    expect(lines('configuration changed')[0]!['changed']).toEqual(['max-concurrent-requests']);
  });

  it('drains a worker that is named no more, and leaves those of the API alone', async () => {
    const [a, b, c] = [await engine('a'), await engine('b'), await engine('c')];
    const started = await start(`worker-urls: [${a}, ${b}]\n`);
    await ready(2);
    await fetch(`${started.url}/workers`, { method: 'POST', body: JSON.stringify({ url: c }) });
    await ready(3);
    await writeFile(file, `worker-urls: [${b}]\n`);
    started.signal('SIGHUP');
    await eventually(async () => (await workers()).length === 2);
    expect((await workers()).map(({ url }) => url).sort()).toEqual([b, c].sort());
  });

  it('does not start with a wrong file', async () => {
    const started = await start('queue-size: 7\nqueue-timeout-secs: soon\n');
    expect(await started.exited()).toBe(1);
    expect(started.stderr.trim().split('\n')).toHaveLength(1);
    expect(started.stderr).toContain(`queue-timeout-secs in --config=${file}, line 2: expected`);
  });
});
