import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { KeptLogger, QUICK } from '../../../../test/support/fake-apiserver-watch-harness.js';
import { FakeApiServer } from '../../../../test/support/fake-apiserver.js';
import { ALPHA, LLM_D } from '../../../../test/support/fake-apiserver-objects.js';
import { until } from '../../../../test/support/raw-client.js';
import { Fleet } from '../../../fleet/fleet.js';
import { PickerEndpoints } from '../endpoints.js';
import { Objectives } from './objectives.js';
import type { PickerDiscovery } from './picker-discovery.js';
import type { SourceChoice } from './source-choice.js';
import { watchKubernetes } from './watch-kubernetes.js';

const POOL = {
  from: 'pool',
  pool: { namespace: 'demo', name: 'pool' },
  group: undefined,
  version: undefined,
} as const;
const SELECTOR = {
  from: 'selector',
  namespace: 'demo',
  selector: 'app in (vllm),!test',
  targetPorts: [8000, 8001],
} as const;
const OBJECTIVES = '/apis/llm-d.ai/v1alpha2/inferenceobjectives';
const OLD_OBJECTIVES = `/apis/${ALPHA}/v1alpha2/inferenceobjectives`;
const REWRITES = '/apis/llm-d.ai/v1alpha2/inferencemodelrewrites';
const poolRef = { name: 'pool' };

let folder: string;
let server: FakeApiServer;
let logger: KeptLogger;
let endpoints: PickerEndpoints;
let discovery: PickerDiscovery | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
  server = await FakeApiServer.start();
  server.groups.add('llm-d.ai');
  logger = new KeptLogger();
});

afterEach(async () => {
  discovery?.stop();
  discovery = undefined;
  await server.stop();
  rmSync(folder, { recursive: true });
});

async function watch(
  choice: Extract<SourceChoice, { from: 'pool' | 'selector' }> = POOL,
  given = new Map<string, number>(),
): Promise<PickerDiscovery> {
  const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  endpoints = new PickerEndpoints(fleet);
  const kubeconfig = await server.writeKubeconfig(folder);
  const objectives = new Objectives(given);
  const made = { choice, kubeconfig, fleet, logger, objectives, timings: QUICK };
  discovery = await watchKubernetes(made);
  await discovery.start();
  return discovery;
}

/** @returns when there are exactly these */
async function shows(...wanted: string[]): Promise<void> {
  const now = () => endpoints.all.map(({ name, id }) => `${name} ${id}`).sort();
  await until(() => now().join() === wanted.join()).catch(() => expect(now()).toEqual(wanted));
}

const isSettled = () => until(() => discovery!.waitsFor === undefined);
const first = (): number => 0;

describe(watchKubernetes.name, () => {
  it('has the pods of a pool at each of its ports', async () => {
    server.createPool({ ports: [8000, 8001] });
    server.createPod({ name: 'a', ip: '10.0.0.1', labels: { app: 'vllm', 'llm-d.ai/role': 'x' } });
    server.createPod({ name: 'b', ip: '10.0.0.2', ready: false });
    await watch();
    await shows('a-rank-0 10.0.0.1:8000', 'a-rank-1 10.0.0.1:8001');
    const [one] = endpoints.all;
    expect(one).toMatchObject({ namespace: 'demo', models: [] });
    expect(one!.labels).toEqual({ app: 'vllm', 'llm-d.ai/role': 'x' });
    await isSettled();
    server.updatePod('b', { ready: true });
    server.updatePod('a', { annotations: { 'llm-d.ai/active-ports': '8001' } });
    await shows('a-rank-1 10.0.0.1:8001', 'b-rank-0 10.0.0.2:8000', 'b-rank-1 10.0.0.2:8001');
    server.updatePod('b', { deletionTimestamp: '2026-01-01T00:00:00Z' });
    await shows('a-rank-1 10.0.0.1:8001');
  });

  it('follows the pool to other ports and other labels, and to nothing', async () => {
    server.createPool();
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    server.createPod({ name: 'b', ip: '10.0.0.2', labels: { app: 'next' } });
    await watch();
    await shows('a-rank-0 10.0.0.1:8000');
    server.updatePool({ ports: [9000] });
    await shows('a-rank-0 10.0.0.1:9000');
    server.updatePool({ ports: [9000], labels: { app: 'next' } });
    await shows('b-rank-0 10.0.0.2:9000');
    server.deletePool();
    await shows();
    expect(discovery!.waitsFor).toBeUndefined();
  });

  it.each([ALPHA, LLM_D])('finds a pool of %s', async (group) => {
    server.createPool({ group });
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    await watch();
    await shows('a-rank-0 10.0.0.1:8000');
  });

  it('says what it waits for', async () => {
    await watch();
    await until(() => discovery!.waitsFor?.includes('was not found') === true);
    expect(discovery!.waitsFor).toContain('InferencePool demo/pool was not found');
    server.createPool();
    await isSettled();
    expect(endpoints.all).toEqual([]);
  });

  it('keeps what it knows while the API server is away', async () => {
    server.createPool();
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    server.putObject(OBJECTIVES, { metadata: { name: 'o' }, spec: { priority: 3, poolRef } });
    const { objectives } = await watch();
    await shows('a-rank-0 10.0.0.1:8000');
    await isSettled();
    await server.stop();
    await until(() => logger.messages.some((line) => line.includes('out of contact')));
    expect(endpoints.size).toBe(1);
    expect(objectives.priorityOf('o')).toBe(3);
    expect(discovery!.waitsFor).toBeUndefined();
    server.createPod({ name: 'b', ip: '10.0.0.2' });
    server.deleteObject(OBJECTIVES, 'o');
    await server.start();
    await shows('a-rank-0 10.0.0.1:8000', 'b-rank-0 10.0.0.2:8000');
    await until(() => objectives.priorityOf('o') === 0);
  });

  it('has the pods that labels select, and looks at no other object', async () => {
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    server.createPod({ name: 'b', ip: '10.0.0.2', labels: { app: 'other' } });
    await watch(SELECTOR);
    await shows('a-rank-0 10.0.0.1:8000', 'a-rank-1 10.0.0.1:8001');
    await isSettled();
    server.updatePod('b', { labels: { app: 'vllm' } });
    server.deletePod('a');
    await shows('b-rank-0 10.0.0.2:8000', 'b-rank-1 10.0.0.2:8001');
    expect(server.seen.every(({ resource }) => resource === 'pods')).toBe(true);
    await server.stop();
    await until(() => logger.messages.some((line) => line.includes('the known pods stay')));
    await server.start();
    await until(() => logger.messages.includes('Kubernetes API in contact again'));
    expect(endpoints.size).toBe(2);
  });

  it('says why selected pods may not be read', async () => {
    server.deny('pods');
    await watch(SELECTOR);
    await until(() => discovery!.waitsFor?.includes('forbidden') === true);
    expect(discovery!.waitsFor).toBe(
      'forbidden (403): sidecar may not list pods in namespace demo: grant list on resource pods of API group "" in a Role of that namespace; check it with: kubectl auth can-i list pods -n demo --as sidecar',
    );
  });

  it('knows the priorities of objectives of both groups', async () => {
    server.createPool();
    server.putObject(OBJECTIVES, { metadata: { name: 'a' }, spec: { priority: 7, poolRef } });
    server.putObject(OBJECTIVES, { metadata: { name: 'none' }, spec: { poolRef } });
    server.putObject(OLD_OBJECTIVES, { metadata: { name: 'a' }, spec: { priority: 1, poolRef } });
    server.putObject(OLD_OBJECTIVES, { metadata: { name: 'b' }, spec: { priority: -2, poolRef } });
    const other = { priority: 9, poolRef: { name: 'other' } };
    server.putObject(OBJECTIVES, { metadata: { name: 'b' }, spec: other });
    server.putObject(OBJECTIVES, { metadata: { name: 'far', namespace: 'far' }, spec: other });
    const { objectives } = await watch(POOL, new Map([['flag', 4]]));
    await isSettled();
    const named = ['a', 'b', 'none', 'far', 'flag'];
    expect(named.map((name) => objectives.priorityOf(name))).toEqual([7, -2, 0, 0, 4]);
    server.putObject(OBJECTIVES, { metadata: { name: 'a' }, spec: { priority: 8, poolRef } });
    await until(() => objectives.priorityOf('a') === 8);
    server.deleteObject(OBJECTIVES, 'a');
    await until(() => objectives.priorityOf('a') === 1);
  });

  it('knows which models are rewritten', async () => {
    server.createPool();
    const matches = [{ model: { value: 'm' } }];
    const rule = (modelRewrite: string) => ({ matches, targets: [{ modelRewrite }] });
    const spec = (target: string) => ({ poolRef, rules: [rule(target)] });
    server.putObject(REWRITES, { metadata: { name: 'r' }, spec: spec('t') });
    const { rewrites } = await watch();
    await isSettled();
    expect(rewrites.targetFor('m', first)).toEqual({ target: 't', name: 'r' });
    expect(rewrites.targetFor('other', first)).toBeUndefined();
    const metadata = { name: 'older', creationTimestamp: '2025-01-01T00:00:00Z' };
    server.putObject(REWRITES, { metadata, spec: spec('u') });
    await until(() => rewrites.targetFor('m', first)?.target === 'u');
    server.deleteObject(REWRITES, 'older');
    await until(() => rewrites.targetFor('m', first)?.target === 't');
  });

  it('takes a cluster without these kinds for what it is, and finds them when they come', async () => {
    server.groups.delete('llm-d.ai');
    server.createPool();
    const { objectives } = await watch();
    await isSettled();
    expect(logger.lines.filter(({ level }) => level !== 'info')).toEqual([]);
    server.putObject(OBJECTIVES, { metadata: { name: 'a' }, spec: { priority: 7, poolRef } });
    server.groups.add('llm-d.ai');
    await until(() => objectives.priorityOf('a') === 7);
    server.groups.delete('llm-d.ai');
    server.cutWatches();
    await until(() => objectives.priorityOf('a') === 0);
  });

  it('says once which permission is missing, and goes on without', async () => {
    server.createPool();
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    server.deny('inferenceobjectives');
    const { rewrites } = await watch();
    await shows('a-rank-0 10.0.0.1:8000');
    await isSettled();
    await until(() => server.count('list', '/inferenceobjectives') > 8);
    const denials = logger.lines.filter(({ message }) => message.includes('are not known'));
    const words = (group: string): string =>
      `forbidden (403): sidecar may not list inferenceobjectives.${group} in namespace demo: grant list on resource inferenceobjectives of API group "${group}" in a Role of that namespace; check it with: kubectl auth can-i list inferenceobjectives.${group} -n demo --as sidecar`;
    expect(denials.map(({ fields }) => fields?.['error']).sort()).toEqual([
      words(ALPHA),
      words('llm-d.ai'),
    ]);
    expect(rewrites.targetFor('m', first)).toBeUndefined();
  });

  it('ends all that it has begun', async () => {
    server.createPool();
    await watch();
    await isSettled();
    discovery!.stop();
    await until(() => server.connections === 0);
  });

  it('refuses a selector that is none, and a cluster that nobody names', async () => {
    await expect(watch({ ...SELECTOR, selector: 'a b' })).rejects.toThrow(
      '--endpoint-selector: "a b" is no requirement',
    );
    const fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
    const options = { choice: POOL, fleet, logger, objectives: new Objectives() };
    await expect(watchKubernetes({ ...options, kubeconfig: undefined })).rejects.toThrow(
      '--pool-name: no cluster: not in a pod',
    );
    await expect(watchKubernetes({ ...options, kubeconfig: '/nowhere' })).rejects.toThrow(
      '--pool-name: kubeconfig /nowhere',
    );
  });
});
