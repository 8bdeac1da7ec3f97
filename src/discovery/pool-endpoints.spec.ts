import { beforeEach, describe, expect, it } from '@jest/globals';
import { pod, PoolStub } from '../../test/support/pool-stub.js';
import { RandomPods, randomOf } from '../../test/support/random-pods.js';
import { KeptLogger } from '../../test/support/fake-apiserver-watch-harness.js';
import type { Endpoint } from '../fleet/endpoint.js';
import { Fleet } from '../fleet/fleet.js';
import type { PodDetails, PoolPod } from '../kubernetes/inference-pool.js';
import { PoolEndpoints } from './pool-endpoints.js';

let pool: PoolStub;
let fleet: Fleet;
let logger: KeptLogger;
let told: string[];

beforeEach(() => {
  pool = new PoolStub();
  fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  logger = new KeptLogger();
  told = [];
  for (const what of ['added', 'removed', 'forgotten', 'updated'] as const) {
    fleet.listen({ [what]: ({ spec }: Endpoint) => told.push(`${what} ${spec.name}`) });
  }
  new PoolEndpoints({ pool, namespace: 'ns', fleet, logger }).start();
});

const details = (more: Partial<PodDetails> = {}): { details: PodDetails } => ({
  details: { incarnation: 'u 0', labels: {}, activePorts: undefined, ...more },
});
const listed = () =>
  fleet.all.map(({ spec }) => `${spec.name} ${spec.address.target.label}`).sort();
const sinceThen = () => told.splice(0);

describe(PoolEndpoints.name, () => {
  it('brings one for each target port of each ready pod', () => {
    const labels = { 'llm-d.ai/role': 'decode' };
    const pods = [
      pod('a', '10.0.0.1', details({ labels })),
      pod('b', '2001:db8::1'),
      pod('c', '10.0.0.3', { ready: false }),
    ];
    pool.set(pods, [8000, 8001]);
    expect(listed()).toEqual([
      'a-rank-0 10.0.0.1:8000',
      'a-rank-1 10.0.0.1:8001',
      'b-rank-0 [2001:db8::1]:8000',
      'b-rank-1 [2001:db8::1]:8001',
    ]);
    expect(fleet.all[0]!.spec).toMatchObject({ namespace: 'ns', source: 'kubernetes', labels });
  });

  it('touches nobody but whom a change is about', () => {
    const others = Array.from({ length: 50 }, (_, i) => pod(`p${i}`, `10.0.1.${i}`));
    pool.set([...others, pod('a', '10.0.0.1')]);
    sinceThen();
    pool.set([...others, pod('b', '10.0.0.2')]);
    expect(sinceThen()).toEqual(['removed a-rank-0', 'forgotten a-rank-0', 'added b-rank-0']);
    pool.set([...others, pod('b', '10.0.0.2', details({ labels: { x: 'y' } }))]);
    expect(sinceThen()).toEqual(['removed b-rank-0', 'forgotten b-rank-0', 'added b-rank-0']);
    pool.set([...others, pod('b', '10.0.0.2', details({ labels: { x: 'z' } }))]);
    expect(sinceThen()).toEqual(['updated b-rank-0']);
  });

  it('knows a pod that is ready again, unless it was started again', () => {
    pool.set([pod('a', '10.0.0.1', details())]);
    const [endpoint] = fleet.all;
    pool.set([pod('a', '10.0.0.1', { ...details(), ready: false })]);
    expect(fleet.all).toEqual([]);
    pool.set([pod('a', '10.0.0.1', details())]);
    expect(fleet.all).toEqual([endpoint]);
    expect(told).not.toContain('forgotten a-rank-0');
    pool.set([pod('a', '10.0.0.1', { ...details(), ready: false })]);
    pool.set([pod('a', '10.0.0.1', details({ incarnation: 'u 1' }))]);
    expect(fleet.all[0]).not.toBe(endpoint);
    expect(told).toContain('forgotten a-rank-0');
  });

  it('heeds the active ports of a pod', () => {
    const ports = [8000, 8001, 8002];
    pool.set([pod('a', '10.0.0.1', details({ activePorts: [8002, 8000, 9] }))], ports);
    expect(listed()).toEqual(['a-rank-0 10.0.0.1:8000', 'a-rank-2 10.0.0.1:8002']);
    pool.set([pod('a', '10.0.0.1', details({ activePorts: [8001] }))], ports);
    expect(listed()).toEqual(['a-rank-1 10.0.0.1:8001']);
    pool.set([pod('a', '10.0.0.1', details({ activePorts: [] }))], ports);
    expect(listed()).toEqual([]);
    pool.set([pod('a', '10.0.0.1', details())], ports);
    expect(listed()).toHaveLength(3);
  });

  it('moves all to other ports', () => {
    const pods = [pod('a', '10.0.0.1'), pod('b', '10.0.0.2')];
    pool.set(pods, [8000, 8001]);
    const [kept] = fleet.all;
    pool.set(pods, [8000]);
    expect(listed()).toEqual(['a-rank-0 10.0.0.1:8000', 'b-rank-0 10.0.0.2:8000']);
    expect(fleet.all[0]).toBe(kept);
    pool.set(pods, [9000, 8000]);
    expect(listed()).toEqual([
      'a-rank-0 10.0.0.1:9000',
      'a-rank-1 10.0.0.1:8000',
      'b-rank-0 10.0.0.2:9000',
      'b-rank-1 10.0.0.2:8000',
    ]);
    pool.set([], []);
    expect(listed()).toEqual([]);
  });

  it('gives an address that was given anew to the pod that has it now', () => {
    pool.set([pod('a', '10.0.0.1')]);
    pool.set([pod('b', '10.0.0.1')]);
    expect(listed()).toEqual(['b-rank-0 10.0.0.1:8000']);
    pool.set([pod('b', '10.0.0.1'), pod('c', '10.0.0.1')]);
    expect(listed()).toEqual(['b-rank-0 10.0.0.1:8000']);
    expect(logger.messages).toEqual(['several pods have one address: the first one has it']);
    pool.set([pod('c', '10.0.0.1')]);
    expect(listed()).toEqual(['c-rank-0 10.0.0.1:8000']);
  });

  it('leaves out a pod at an address where none can be', () => {
    pool.set([pod('a', '169.254.169.254'), pod('b', '10.0.0.2')]);
    expect(listed()).toEqual(['b-rank-0 10.0.0.2:8000']);
  });

  it('has those who are there at any time, whatever happens', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const stub = new PoolStub();
      const all = new Fleet({ breaker: undefined, tls: () => ({}) });
      new PoolEndpoints({ pool: stub, namespace: 'ns', fleet: all, logger }).start();
      const random = new RandomPods(randomOf(seed), 8, 6);
      for (let step = 0; step < 80; step++) {
        random.step();
        stub.set(random.list, random.targetPorts);
        expectWell(all, random.list, random.targetPorts, `seed ${seed}, step ${step}`);
      }
    }
  });
});

function expectWell(
  all: Fleet,
  pods: readonly PoolPod[],
  ports: readonly number[],
  when: string,
): void {
  const byAddress = new Map<string, string[]>();
  for (const { name, ips, ready } of pods) {
    if (!ready) continue;
    for (const [rank, port] of ports.entries()) {
      const label = `${ips[0]}:${port}`;
      byAddress.set(label, [...(byAddress.get(label) ?? []), `${name}-rank-${rank}`]);
    }
  }
  const has = all.all.map(({ spec }) => spec.address.target.label).sort();
  expect([when, ...has]).toEqual([when, ...[...byAddress.keys()].sort()]);
  for (const { spec } of all.all) {
    expect(byAddress.get(spec.address.target.label)).toContain(spec.name);
  }
}
