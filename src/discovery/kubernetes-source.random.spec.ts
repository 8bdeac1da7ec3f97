import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { randomOf } from '../../test/support/random-pods.js';
import { until } from '../../test/support/raw-client.js';
import { Cluster } from '../kubernetes/api/cluster-connection.js';
import { SilentLogger } from '../logging/silent-logger.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { KubernetesSource } from './kubernetes-source.js';

const RUNS = 8;
const STEPS = 80;
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const NAMESPACES = ['demo', 'other'];
const ROLES = ['prefill', 'decode', 'nobody'];

interface KnownPod {
  readonly ip: string;
  readonly role: string;
  readonly phase: string;
  readonly ready: boolean;
}

/** What happens in the cluster, kept apart from how anybody would see it. */
class ClusterOracle {
  private readonly pods = new Map<string, KnownPod>();
  private ips = 0;

  constructor(
    private readonly server: FakeApiServer,
    private readonly random: () => number,
  ) {}

  get workers(): string[] {
    return [...this.pods.values()]
      .filter(({ role, phase }) => role !== 'nobody' && phase === 'Running')
      .map(({ ip, role, ready }) => `${role} http://${ip}:8000 ${ready}`)
      .sort();
  }

  async step(): Promise<void> {
    const kind = this.random();
    if (kind < 0.75) this.changePod();
    else if (kind < 0.8) this.server.cutWatches();
    else if (kind < 0.84) this.server.endWatches();
    else if (kind < 0.88) this.server.compact();
    else if (kind < 0.94) this.server.silence(this.random() < 0.5);
    else if (kind < 0.97) this.server.bookmark();
    else {
      await this.server.stop();
      this.changePod();
      await this.server.start();
    }
  }

  private changePod(): void {
    const [name, namespace] = [this.pick(NAMES), this.pick(NAMESPACES)];
    const key = `${namespace}/${name}`;
    const known = this.pods.get(key);
    if (known && this.random() < 0.25) {
      this.pods.delete(key);
      return this.server.deletePod(name, namespace);
    }
    const ip = known && this.random() < 0.8 ? known.ip : `10.0.0.${this.ips++}`;
    const phase = this.random() < 0.1 ? 'Failed' : 'Running';
    const pod = { ip, phase, role: this.pick(ROLES), ready: this.random() < 0.7 };
    this.pods.set(key, pod);
    const change = { ip, phase, ready: pod.ready, labels: { app: 'vllm', role: pod.role } };
    if (known) this.server.updatePod(name, change, namespace);
    else this.server.createPod({ name, namespace, ...change });
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }
}

describe(`${KubernetesSource.name}, whatever happens`, () => {
  let server: FakeApiServer;
  let source: KubernetesSource;
  let found: readonly FoundEndpoint[];

  beforeEach(async () => {
    found = [];
    server = await FakeApiServer.start();
    const headers = { authorization: 'Bearer sidecar-token' };
    source = new KubernetesSource({
      cluster: new Cluster(new URL(server.url), {
        current: () => Promise.resolve({ headers, options: {} }),
        forget: () => Promise.resolve(),
      }),
      selectors: new Map([
        ['prefill', { app: 'vllm', role: 'prefill' }],
        ['decode', { role: 'decode' }],
      ]),
      namespace: undefined,
      port: 8000,
      interval: 50,
      logger: new SilentLogger(),
      random: () => 0,
    });
    source.start((all) => (found = all));
  });
  afterEach(async () => {
    source.stop();
    await server.stop();
  });

  it.each(Array.from({ length: RUNS }, (_, seed) => seed))(
    'finds in the end what a list would (seed %i)',
    async (seed) => {
      const random = randomOf(seed);
      const oracle = new ClusterOracle(server, random);
      for (let i = 0; i < STEPS; i++) {
        await oracle.step();
        if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 20));
      }
      const workers = (): string[] =>
        found.map(({ spec, usable }) => `${spec.role} ${spec.address.url} ${usable}`).sort();
      // Whether watches tell the last changes or not: lists do.
      await until(() => workers().join() === oracle.workers.join());
      expect(workers()).toEqual(oracle.workers);
    },
  );
});
