import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { WatchHarness } from '../../test/support/fake-apiserver-watch-harness.js';
import { randomOf } from '../../test/support/random-pods.js';
import type { PoolPod } from './inference-pool.js';
import { InferencePoolWatcher } from './inference-pool.watcher.js';

const RUNS = 25;
const STEPS = 60;
const NAMES = ['a', 'b', 'c', 'd'];
const SELECTORS = ['vllm', 'next', 'last'];
const LABELS = [...SELECTORS, 'never'];

/** What happens in the cluster, kept apart from how a watcher would see it. */
class Oracle {
  readonly pods = new Map<string, { app: string; ip: string; ended: boolean }>();
  /** The label that the pool selects; undefined: there is no pool. */
  app: string | undefined = 'vllm';
  /** Pods that were at no time to be selected, by any selector. */
  readonly never = new Set<string>();
  private ips = 0;

  constructor(
    private readonly server: FakeApiServer,
    private readonly random: () => number,
  ) {
    server.createPool();
  }

  get selected(): string[] {
    return [...this.pods]
      .filter(([, pod]) => pod.app === this.app && !pod.ended)
      .map(([name, { ip }]) => `${name} ${ip}`)
      .sort();
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }

  changePod(): void {
    const name = this.pick(NAMES);
    const known = this.pods.has(name);
    if (known && this.random() < 0.3) {
      this.pods.delete(name);
      this.server.deletePod(name);
      return;
    }
    const app = this.pick(LABELS);
    const ip = `10.0.${this.ips >> 8}.${this.ips++ & 255}`;
    const phase = this.random() < 0.2 ? 'Failed' : 'Running';
    this.pods.set(name, { app, ip, ended: phase === 'Failed' });
    if (phase === 'Failed' || app === 'never') this.never.add(`${name} ${ip}`);
    if (known) this.server.updatePod(name, { ip, phase, labels: { app } });
    else this.server.createPod({ name, ip, phase, labels: { app } });
  }

  changePool(): void {
    if (this.app !== undefined && this.random() < 0.3) {
      this.server.deletePool();
      this.app = undefined;
      return;
    }
    this.app = this.pick(SELECTORS);
    this.server.createPool({ labels: { app: this.app } });
  }
}

describe(`${InferencePoolWatcher.name}, whatever happens`, () => {
  let server: FakeApiServer;
  let harness: WatchHarness;

  beforeEach(async () => {
    server = await FakeApiServer.start();
  });
  afterEach(async () => {
    harness.stop();
    await server.stop();
  });

  /** What follows of the changes alone; each must lead to the snapshot of its time. */
  function followed(): { flaws: string[]; changes: () => number } {
    const pods = new Map<string, PoolPod>();
    const flaws: string[] = [];
    let last = 0;
    harness.watcher.subscribe(({ number, removed, added, targetPorts }) => {
      if (number !== ++last) flaws.push(`${number} is not ${last}`);
      for (const pod of removed)
        if (!pods.delete(pod.name)) flaws.push(`${pod.name} was not there`);
      for (const pod of added) {
        if (pods.has(pod.name)) flaws.push(`${pod.name} was there`);
        pods.set(pod.name, pod);
      }
      const all = [...pods.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
      const told = JSON.stringify({ number, pods: all, targetPorts });
      if (told !== JSON.stringify(harness.watcher.snapshot))
        flaws.push(`${number} leads elsewhere`);
    });
    return { flaws, changes: () => last };
  }

  async function disturb(kind: number): Promise<void> {
    if (kind < 0.2) server.cutWatches();
    else if (kind < 0.35) server.endWatches();
    else if (kind < 0.5) server.compact();
    else if (kind < 0.6) server.hang();
    else if (kind < 0.7) server.resume();
    else if (kind < 0.8) server.bookmark();
    else if (kind < 0.9) server.goneAs = server.goneAs === 'event' ? 'status' : 'event';
    else {
      await server.stop();
      await server.start();
    }
  }

  it.each(Array.from({ length: RUNS }, (_, seed) => seed))(
    'ends with what is there (%i)',
    async (seed) => {
      const random = randomOf(seed);
      const oracle = new Oracle(server, random);
      harness = new WatchHarness(server, {
        timings: { pageSize: 2, relistMs: 30, answerTimeoutMs: 50, backoffMaxMs: 10 },
      });
      const { flaws, changes } = followed();
      for (let step = 0; step < STEPS; step++) {
        const kind = random();
        if (kind < 0.5) oracle.changePod();
        else if (kind < 0.65) oracle.changePool();
        else await disturb(random());
        if (random() < 0.4) await new Promise((resolve) => setTimeout(resolve, random() * 8));
      }
      server.resume();
      if (oracle.app === undefined) oracle.changePool();
      while (oracle.app === undefined) oracle.changePool();
      const shown = () =>
        harness.watcher.snapshot?.pods.map(({ name, ips }) => `${name} ${ips[0]}`);
      const deadline = Date.now() + 10_000;
      while (JSON.stringify(shown()) !== JSON.stringify(oracle.selected) && Date.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 5));
      expect(shown()).toEqual(oracle.selected);
      expect(flaws).toEqual([]);
      expect(changes()).toBe(harness.watcher.snapshot!.number);
      const all = harness.snapshots.flatMap(({ pods }) =>
        pods.map(({ name, ips }) => `${name} ${ips[0]}`),
      );
      expect(all.filter((pod) => oracle.never.has(pod))).toEqual([]);
    },
  );
});
