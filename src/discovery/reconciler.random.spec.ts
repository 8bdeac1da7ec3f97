import { describe, expect, it } from '@jest/globals';
import { specAt } from '../../test/support/endpoint-spec.js';
import { randomOf } from '../../test/support/random-pods.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { Fleet } from '../fleet/fleet.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { Reconciler } from './reconciler.js';

const RUNS = 60;
const STEPS = 120;
const URLS = ['a', 'b', 'c', 'd'].map((host) => `http://${host}:1`);
const SOURCES = ['file', 'kubernetes'] as const;
const NOTHING = { updated: () => {}, workerAdded: () => {}, workerRemoved: () => {} };

type Name = (typeof SOURCES)[number];

/** Two sources, somebody with the worker API, requests, and what a policy remembers of servers. */
class World {
  readonly fleet = new Fleet({ breaker: undefined, tls: () => ({}) });
  readonly found = new Map<Name, FoundEndpoint[]>(SOURCES.map((name) => [name, []]));
  /** By source and URL the server that somebody has removed by the API. */
  readonly dismissed = new Map<string, string>();
  private readonly reconcilers = new Map(
    SOURCES.map((source) => [
      source,
      new Reconciler({ source, fleet: this.fleet, logger: new SilentLogger(), counts: NOTHING }),
    ]),
  );
  /** By URL the server of which the policy remembers something. */
  private readonly remembered = new Map<string, string>();
  private readonly ends: (() => void)[] = [];

  constructor(private readonly random: () => number) {
    this.fleet.listen({ forgotten: ({ id }) => this.remembered.delete(id) });
  }

  step(): void {
    const kind = this.random();
    if (kind < 0.5) this.publish(this.pick(SOURCES));
    else if (kind < 0.7) this.request();
    else if (kind < 0.85) this.finish();
    else if (kind < 0.93) this.removeByApi();
    else this.fleet.add(specAt(this.pick(URLS), { source: 'api' }));
  }

  /** Everything that is in flight ends. */
  finishAll(): void {
    while (this.ends.length > 0) this.ends.pop()!();
  }

  /** @returns what must be there, but for who has brought it where several may have */
  expected(): string[] {
    const byApi = this.fleet.all.filter(({ spec }) => spec.source === 'api').map(({ id }) => id);
    const bySources = SOURCES.flatMap((name) =>
      this.found
        .get(name)!
        .filter((one) => one.usable && this.dismissed.get(keyOf(name, one)) !== one.identity)
        .map(({ spec }) => spec.address.url),
    );
    return [...new Set([...byApi, ...bySources])].sort();
  }

  /** The policy never takes a pod for another one that was there before. */
  check(): void {
    for (const { id, spec } of this.fleet.all) {
      const known = this.remembered.get(id);
      const isPod = spec.source === 'kubernetes' && known?.startsWith('kubernetes');
      if (isPod) expect(known).toBe(spec.labels['server']);
    }
  }

  private publish(name: Name): void {
    const found = URLS.filter(() => this.random() < 0.6).map((url): FoundEndpoint => {
      const identity = name === 'file' ? '' : String(Math.floor(this.random() * 2));
      const labels = { server: `${name} ${identity}` };
      const spec = specAt(url, { source: name, labels, priority: Math.floor(this.random() * 3) });
      return { spec, identity, usable: name === 'file' || this.random() < 0.7 };
    });
    this.found.set(name, found);
    for (const url of URLS) {
      const key = `${name} ${url}`;
      const now = found.find(({ spec }) => spec.address.url === url);
      if (now?.identity !== this.dismissed.get(key)) this.dismissed.delete(key);
    }
    this.reconcilers.get(name)!.apply(found);
  }

  private request(): void {
    const endpoint = this.pick(this.fleet.all);
    if (!endpoint || endpoint.status === 'draining') return;
    endpoint.status = 'ready';
    const end = endpoint.begin(0)!;
    this.remembered.set(endpoint.id, endpoint.spec.labels['server'] ?? 'api');
    this.ends.push(() => end('success'));
  }

  private finish(): void {
    const [end] = this.ends.splice(Math.floor(this.random() * this.ends.length), 1);
    end?.();
  }

  private removeByApi(): void {
    const endpoint = this.pick(this.fleet.all);
    if (!endpoint || endpoint.status === 'draining') return;
    const { source, address } = endpoint.spec;
    if (source === 'file' || source === 'kubernetes') {
      const one = this.found.get(source)!.find(({ spec }) => spec.address.url === address.url)!;
      this.dismissed.set(`${source} ${address.url}`, one.identity);
    }
    this.fleet.remove(endpoint);
  }

  private pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)]!;
  }
}

function keyOf(name: Name, { spec }: FoundEndpoint): string {
  return `${name} ${spec.address.url}`;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(`${Reconciler.name}, whatever happens`, () => {
  it.each(Array.from({ length: RUNS }, (_, seed) => seed))(
    'ends with what the sources have found, and with what others have brought (seed %i)',
    async (seed) => {
      const world = new World(randomOf(seed));
      for (let i = 0; i < STEPS; i++) {
        world.step();
        await turn();
        world.check();
      }
      world.finishAll();
      await turn();
      const there = world.fleet.all.map(({ id }) => id).sort();
      expect(there).toEqual(world.expected());
      for (const { id, spec, status } of world.fleet.all) {
        expect(status).not.toBe('draining');
        if (spec.source !== 'file' && spec.source !== 'kubernetes') continue;
        const one = world.found.get(spec.source)!.find((found) => found.spec.address.url === id)!;
        expect(spec).toEqual(one.spec);
      }
    },
  );
});
