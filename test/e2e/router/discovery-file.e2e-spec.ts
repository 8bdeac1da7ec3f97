import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouterConfig } from '../../../src/apps/router/router.settings.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import {
  healthy,
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let folder: string;
let file: string;
let fixture: RouterFixture | undefined;
const engines: FakeEngine[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-discovery-'));
  file = join(folder, 'workers.json');
});
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  await rm(folder, { recursive: true });
});

const engine = async (name: string): Promise<string> => {
  const started = await FakeEngine.start(healthy(named(name)));
  engines.push(started);
  return `http://${started.hostPort}`;
};
const textOf = (...workers: readonly object[]): string => JSON.stringify({ version: 1, workers });
/** In one step: what is half written under load would be refused, and told. */
const put = async (text: string): Promise<void> => {
  await writeFile(`${file}.next`, text);
  await rename(`${file}.next`, file);
};
const start = async (
  config: Partial<RouterConfig> = {},
  behaviours: Parameters<typeof startRouterFixture>[0] = [],
): Promise<RouterFixture> => {
  fixture = await startRouterFixture(behaviours, {
    discoveryProvider: 'file',
    discoveryFile: file,
    discoveryCheckIntervalSecs: 100,
    ...config,
  });
  return fixture;
};
interface Row {
  readonly url: string;
  readonly priority: number;
  readonly status: string;
  readonly labels: object;
}
const rows = async (): Promise<Row[]> => {
  const answer = await fetch(`${fixture!.url}/workers`);
  return ((await answer.json()) as { workers: Row[] }).workers;
};
const urls = (): string[] =>
  fixture!.router.fleet.all.filter(({ isReady }) => isReady).map(({ id }) => id);
const faults = () =>
  fixture!.log.lines.filter(({ message }) => message.startsWith('discovery file refused'));

describe('workers of a discovery file', () => {
  it('serve, change in place, and leave', async () => {
    const [a, b] = [await engine('a'), await engine('b')];
    await put(textOf({ url: a }));
    await start();
    await until(() => urls().length === 1);
    expect(await (await post(fixture!)).json()).toEqual({ worker: 'a' });
    const [before] = fixture!.router.fleet.all;
    await put(textOf({ url: a, priority: 7, labels: { zone: 'x' } }, { url: b }));
    await until(() => urls().length === 2);
    expect(await rows()).toMatchObject([
      { url: a, priority: 7, labels: { zone: 'x' } },
      { url: b, priority: 50 },
    ]);
    expect(fixture!.router.fleet.all[0]).toBe(before);
    await put(textOf({ url: b }));
    await until(() => urls().join() === b);
    expect(await rows()).toHaveLength(1);
  });

  it.each([
    '{"version":1,"workers":[{',
    '{"version":1,"workers":[{"url":"http://x:1","weight":1}]}',
  ])('stay as they are when the file becomes %s, and one line says why', async (wrong) => {
    const [a, b] = [await engine('a'), await engine('b')];
    await put(textOf({ url: a }));
    await start({ discoveryCheckIntervalSecs: 30 });
    await until(() => urls().length === 1);
    await put(wrong);
    await until(() => faults().length === 1);
    expect(faults()[0]).toMatchObject({ level: 'error', fields: { file, workers: 1 } });
    expect(String(faults()[0]!.fields['error'])).toMatch(/JSON|weight is unknown/);
    expect(urls()).toEqual([a]);
    await put(textOf({ url: a }, { url: b }));
    await until(() => urls().length === 2);
    expect(faults()).toHaveLength(1);
  });

  it('are none at first where the file is missing, and come with it', async () => {
    await start();
    await until(() => faults().length === 1);
    expect(String(faults()[0]!.fields['error'])).toContain('ENOENT');
    expect((await fetch(`${fixture!.url}/readiness`)).status).toBe(503);
    const a = await engine('a');
    await put(textOf({ url: a }));
    await until(() => urls().length === 1);
    expect((await fetch(`${fixture!.url}/readiness`)).status).toBe(200);
  });

  it('are seen in a file that is renamed into place, and in a folder that comes later', async () => {
    const [a, b] = [await engine('a'), await engine('b')];
    const late = join(folder, 'late');
    file = join(late, 'workers.json');
    await start({ discoveryFile: file, discoveryCheckIntervalSecs: 50 });
    await until(() => faults().length === 1);
    await mkdir(late);
    await put(textOf({ url: a }));
    await until(() => urls().length === 1);
    await writeFile(join(folder, 'next'), textOf({ url: b }));
    await rename(join(folder, 'next'), file);
    await until(() => urls().join() === b);
  });

  it('are seen behind the links of a ConfigMap', async () => {
    const [a, b] = [await engine('a'), await engine('b')];
    await mkdir(join(folder, '..1'));
    await mkdir(join(folder, '..2'));
    await writeFile(join(folder, '..1', 'workers.json'), textOf({ url: a }));
    await writeFile(join(folder, '..2', 'workers.json'), textOf({ url: b }));
    await symlink('..1', join(folder, '..data'));
    await symlink('..data/workers.json', file);
    await start({ discoveryCheckIntervalSecs: 600_000 });
    await until(() => urls().join() === a);
    await symlink('..2', join(folder, '..next'));
    await rename(join(folder, '..next'), join(folder, '..data'));
    await until(() => urls().join() === b);
  });

  it('live beside those of flags and of the API, each of which keeps its own', async () => {
    const [a, b] = [await engine('a'), await engine('b')];
    await put(textOf({ url: a }));
    await start({}, [named('flag')]);
    const flag = `http://${fixture!.workers[0]!.hostPort}`;
    const body = JSON.stringify({ url: b });
    await fetch(`${fixture!.url}/workers`, { method: 'POST', body });
    await until(() => urls().length === 3);
    await put(textOf({ url: flag, priority: 1 }, { url: b, priority: 2 }));
    const told = () => fixture!.log.lines.filter(({ message }) => /known already/.test(message));
    await until(() => told().length === 2 && urls().length === 2);
    expect(told().map(({ fields }) => fields['knownFrom'])).toEqual(['flags', 'api']);
    expect(await rows()).toMatchObject([{ priority: 50 }, { priority: 50 }]);
    await put(textOf());
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(urls().sort()).toEqual([flag, b].sort());
  });

  it('take the place of one of a flag that leaves', async () => {
    await start({}, [named('flag')]);
    const flag = `http://${fixture!.workers[0]!.hostPort}`;
    await put(textOf({ url: flag, priority: 7 }));
    await until(() => fixture!.log.lines.some(({ message }) => /known already/.test(message)));
    await fetch(`${fixture!.url}/workers/${flag}`, { method: 'DELETE' });
    await until(() => urls().length === 1);
    expect(await rows()).toMatchObject([{ url: flag, priority: 7 }]);
  });

  it('stay away when they are removed by the API, until the file has lost them', async () => {
    const a = await engine('a');
    await put(textOf({ url: a }));
    await start({ discoveryCheckIntervalSecs: 20 });
    await until(() => urls().length === 1);
    await fetch(`${fixture!.url}/workers/${a}`, { method: 'DELETE' });
    await until(() => urls().length === 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await rows()).toEqual([]);
    await put(textOf());
    await new Promise((resolve) => setTimeout(resolve, 300));
    await put(textOf({ url: a }));
    await until(() => urls().length === 1);
  });

  it('finish what they have', async () => {
    let finish = (): void => undefined;
    const slow = await FakeEngine.start(
      healthy((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
        finish = () => response.end('data: 2\n\n');
      }),
    );
    engines.push(slow);
    await put(textOf({ url: `http://${slow.hostPort}` }));
    await start();
    await until(() => urls().length === 1);
    const stream = await post(fixture!);
    await put(textOf());
    await until(() => fixture!.router.fleet.all[0]?.status === 'draining');
    expect((await post(fixture!)).status).toBe(503);
    finish();
    expect(await stream.text()).toBe('data: 1\n\ndata: 2\n\n');
    await until(() => fixture!.router.fleet.all.length === 0);
  });
});
