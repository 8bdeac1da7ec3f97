import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouterConfig } from '../../../src/apps/router/router.settings.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { FakeEngine } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import {
  healthy,
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

/** All of them are this machine's. */
const [A, B, C] = ['127.0.0.21', '127.0.0.22', '127.0.0.23'];
const PREFILL = { app: 'vllm', role: 'prefill' };

let folder: string;
let api: FakeApiServer;
let port: number;
let fixture: RouterFixture | undefined;
const engines: FakeEngine[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-discovery-'));
  api = await FakeApiServer.start();
  port = await freePort();
  for (const ip of [A, B, C]) {
    engines.push(await FakeEngine.start(healthy(named(ip)), port, undefined, ip));
  }
});
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
  await api.stop();
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
  await rm(folder, { recursive: true });
});

const start = async (config: Partial<RouterConfig> = {}): Promise<RouterFixture> => {
  fixture = await startRouterFixture([], {
    serviceDiscovery: true,
    selector: ['app=vllm'],
    serviceDiscoveryPort: port,
    // What is not seen by a watch is not seen.
    discoveryCheckIntervalSecs: 600_000,
    kubeconfig: await api.writeKubeconfig(folder),
    ...config,
  });
  return fixture;
};
const QUICK = { discoveryCheckIntervalSecs: 100 };
const ready = (): string[] =>
  fixture!.router.fleet.all
    .filter(({ isReady }) => isReady)
    .map(({ spec }) => spec.address.target.host)
    .sort();
const are = (...hosts: readonly string[]): Promise<void> => {
  const wanted = hosts.join();
  return until(
    () => ready().join() === wanted && fixture!.router.fleet.all.length === hosts.length,
  );
};
const forgotten = (): string[] => {
  const ids: string[] = [];
  fixture!.router.fleet.listen({ forgotten: ({ id }) => ids.push(id) });
  return ids;
};
const errors = () => fixture!.log.lines.filter(({ level }) => level === 'error');

describe('workers in pods', () => {
  it('come, rest while they are not ready, come back as they were, and leave', async () => {
    await start();
    api.createPod({ name: 'a', ip: A });
    api.createPod({ name: 'b', ip: B, namespace: 'elsewhere', ready: false });
    api.createPod({ name: 'c', ip: C, labels: { app: 'other' } });
    await are(A);
    expect(await (await post(fixture!)).json()).toEqual({ worker: A });
    api.updatePod('b', { ready: true }, 'elsewhere');
    await are(A, B);
    const lost = forgotten();
    const before = fixture!.router.fleet.find(`http://${A}:${port}`);
    api.updatePod('a', { ready: false });
    await are(B);
    for (let i = 0; i < 3; i++) expect(await (await post(fixture!)).json()).toEqual({ worker: B });
    api.updatePod('a', { ready: true });
    await are(A, B);
    expect(fixture!.router.fleet.find(`http://${A}:${port}`)).toEqual(before);
    expect(lost).toEqual([]);
    api.deletePod('b', 'elsewhere');
    await are(A);
    expect(lost).toEqual([`http://${B}:${port}`]);
  });

  it.each<[string, Parameters<FakeApiServer['updatePod']>[1]]>([
    ['labels', { labels: { app: 'other' } }],
    ['phase', { phase: 'Failed' }],
    ['deletionTimestamp', { deletionTimestamp: '2026-01-01T00:00:00Z' }],
    ['address', { ips: [] }],
  ])('leave for good when their %s says so', async (_, change) => {
    api.createPod({ name: 'a', ip: A });
    await start();
    await are(A);
    const lost = forgotten();
    api.updatePod('a', change);
    await are();
    expect(lost).toHaveLength(1);
  });

  it('are other servers once they were started again, or another pod has their address', async () => {
    api.createPod({ name: 'a', ip: A, restarts: 0 });
    await start();
    await are(A);
    const lost = forgotten();
    api.updatePod('a', { restarts: 1 });
    await until(() => lost.length === 1);
    await are(A);
    api.deletePod('a');
    api.createPod({ name: 'a2', ip: A });
    await until(() => lost.length === 2);
    await are(A);
  });

  it('keep what cache_aware knows of them while they are not ready', async () => {
    for (const [name, ip] of Object.entries({ a: A, b: B, c: C })) api.createPod({ name, ip });
    await start({ policy: 'cache_aware' });
    await are(A, B, C);
    const body = JSON.stringify({ prompt: 'It was a bright cold day in April. '.repeat(20) });
    const ask = async (): Promise<string> => {
      const answer = await post(fixture!, '/v1/completions', body);
      return ((await answer.json()) as { worker: string }).worker;
    };
    const first = await ask();
    const name = { [A]: 'a', [B]: 'b', [C]: 'c' }[first]!;
    api.updatePod(name, { ready: false });
    await until(() => !ready().includes(first));
    api.updatePod(name, { ready: true });
    await are(A, B, C);
    for (let i = 0; i < 4; i++) expect(await ask()).toBe(first);
  });

  it('are those of one namespace where it is named', async () => {
    api.createPod({ name: 'a', ip: A, namespace: 'mine' });
    api.createPod({ name: 'b', ip: B });
    await start({ serviceDiscoveryNamespace: 'mine' });
    await are(A);
    expect(api.seen.every(({ namespace }) => namespace === 'mine')).toBe(true);
  });

  it('have the role of the selector that fits, and the bootstrap port that they tell', async () => {
    const annotations = { 'vllm.ai/bootstrap-port': '8998' };
    api.createPod({ name: 'a', ip: A, labels: PREFILL, annotations });
    api.createPod({ name: 'b', ip: B, labels: { app: 'vllm', role: 'decode' }, annotations });
    await start({
      selector: [],
      prefillSelector: ['app=vllm', 'role=prefill'],
      decodeSelector: ['app=vllm', 'role=decode'],
    });
    await are(A, B);
    const answer = await fetch(`${fixture!.url}/workers`);
    const { workers, stats } = (await answer.json()) as { workers: object[]; stats: object };
    const byRole = new Map(
      workers.map((row) => [(row as { worker_type: string }).worker_type, row]),
    );
    expect(byRole.get('prefill')).toMatchObject({ bootstrap_port: 8998, labels: { pod: 'a' } });
    expect(byRole.get('decode')).not.toHaveProperty('bootstrap_port');
    expect(stats).toEqual({ prefill_count: 1, decode_count: 1, regular_count: 0 });
    api.updatePod('a', { labels: { app: 'vllm', role: 'decode' } });
    await until(
      () => fixture!.router.fleet.all.filter(({ spec }) => spec.role === 'decode').length === 2,
    );
    await are(A, B);
  });

  it('leave with the next list when their deletion is lost', async () => {
    api.createPod({ name: 'a', ip: A });
    api.createPod({ name: 'b', ip: B });
    await start(QUICK);
    await are(A, B);
    api.silence();
    api.deletePod('b');
    api.createPod({ name: 'c', ip: C });
    await are(A, C);
  });

  it('come and go with each list where no watch is answered', async () => {
    api.createPod({ name: 'a', ip: A });
    api.intercept((request) => request?.verb === 'watch');
    await start(QUICK);
    await are(A);
    api.createPod({ name: 'b', ip: B });
    api.deletePod('a');
    await are(B);
  });

  it.each(['event', 'status'] as const)(
    'are listed anew when history is gone, as told by %s',
    async (goneAs) => {
      api.goneAs = goneAs;
      api.createPod({ name: 'a', ip: A });
      await start();
      await are(A);
      await api.stop();
      api.deletePod('a');
      api.createPod({ name: 'b', ip: B });
      api.compact();
      await api.start();
      await are(B);
    },
  );

  it('stay while the API server is away, which is told once and in the metrics', async () => {
    api.createPod({ name: 'a', ip: A });
    await start({ ...QUICK, prometheusPort: await freePort() });
    await are(A);
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`${fixture!.opsUrl}/metrics`)).text();
      return Number(new RegExp(`^vllm_router_discovery_${name} (\\S+)$`, 'm').exec(text)?.[1]);
    };
    const proved = 'last_success_seconds{source="kubernetes"}';
    const at = proved.replace(/[{}]/g, '\\$&');
    expect(await metric('workers_added')).toBe(1);
    await api.stop();
    await until(() => errors().length > 0);
    const before = await metric(at);
    expect(Math.abs(before - Date.now() / 1000)).toBeLessThan(60);
    expect(await (await post(fixture!)).json()).toEqual({ worker: A });
    api.createPod({ name: 'b', ip: B });
    api.deletePod('a');
    expect(await metric(at)).toBeCloseTo(before, 1);
    await api.start();
    await are(B);
    expect(await metric(at)).toBeGreaterThan(before + 0.05);
    expect(await metric('workers_removed')).toBe(1);
    expect(errors()[0]).toMatchObject({
      message: 'Kubernetes API cannot be asked: the known pods stay',
      fields: { pods: 1 },
    });
    await until(() => fixture!.log.lines.some(({ message }) => /in contact again/.test(message)));
  });

  it('are none while the API server denies it, and come when it does not any more', async () => {
    api.createPod({ name: 'a', ip: A });
    const allow = api.deny('/pods');
    await start(QUICK);
    await until(() => errors().length > 0);
    expect(errors()[0]!.message).toBe('Kubernetes API denies access: the known pods stay');
    expect(errors()[0]!.fields['error']).toContain('may not list pods in all namespaces');
    expect((await fetch(`${fixture!.url}/readiness`)).status).toBe(503);
    allow();
    await are(A);
  });

  it('live beside those of a file', async () => {
    api.createPod({ name: 'a', ip: A });
    const file = join(folder, 'workers.json');
    await start({ discoveryProvider: 'file', discoveryFile: file, ...QUICK });
    await are(A);
    const workers = [{ url: `http://${A}:${port}` }, { url: `http://${B}:${port}` }];
    await writeFile(file, JSON.stringify({ version: 1, workers }));
    await are(A, B);
    api.deletePod('a');
    await until(() => fixture!.router.fleet.all.every(({ spec }) => spec.source === 'file'));
    await are(A, B);
  });

  it('that are tried in vain are tried again', async () => {
    engines[0]!.behaviour = (response) => void response.writeHead(500).end();
    api.createPod({ name: 'a', ip: A });
    await start({ ...QUICK, workerStartupTimeoutSecs: 1 });
    await until(() => engines[0]!.requests.length > 3);
    engines[0]!.behaviour = healthy(named('a'));
    await are(A);
  });
});

describe('discovery of pods', () => {
  it.each<[Partial<RouterConfig>, string]>([
    [{ selector: [] }, 'needs to know which pods are workers: give --selector'],
    [{ selector: ['app=a b'] }, '--selector: "a b" is no value of a label'],
    [{ decodeSelector: ['a=b', 'a=c'] }, '--decode-selector: a is there twice'],
    [{ kubeconfig: undefined }, '--service-discovery: no cluster: not in a pod'],
    [{ kubeconfig: '/nowhere' }, '--service-discovery: '],
    [{ discoveryProvider: 'file' }, '--discovery-provider=file needs a file'],
    [{ discoveryFile: 'x' }, 'is read with --discovery-provider=file only'],
  ])('is refused at start with %j', async (config, message) => {
    await expect(start(config)).rejects.toThrow(message);
  });
});
