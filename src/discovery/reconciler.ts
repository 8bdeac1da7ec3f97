import { isDeepStrictEqual } from 'node:util';
import type { Endpoint, EndpointSpec } from '../fleet/endpoint.js';
import type { Fleet, ServerEndpoints, SpecChange } from '../fleet/fleet.js';
import type { Logger } from '../logging/logger.js';
import type { EndpointSource, FoundEndpoint } from './endpoint-source.js';

/** Counts what discovery does. */
export interface DiscoveryCounts {
  /** A whole set was told by a source. */
  updated(): void;
  workerAdded(): void;
  workerRemoved(): void;
}

export interface ReconcilerOptions {
  readonly source: EndpointSource['name'];
  readonly fleet: Fleet;
  readonly logger: Logger;
  readonly counts: DiscoveryCounts;
}

/** A server that this source has brought. */
interface Brought {
  readonly key: string;
  readonly endpoints: ServerEndpoints;
  /** What its source last said of it. */
  said: EndpointSpec;
  /** It is there, and is to get no requests for now. */
  resting: boolean;
}

/**
 * Makes the fleet have what a source has found, and leaves alone what it has from others.
 *
 * A URL that another source has brought stays that one's; when it leaves, this source's takes its place. One of this
 * source's that somebody else has removed stays away until the source has lost it, or found another server there.
 */
export class Reconciler {
  private wanted: ReadonlyMap<string, FoundEndpoint> = new Map();
  private readonly brought = new Map<string, Brought>();
  /** By URL the servers that somebody else has removed. */
  private readonly dismissed = new Map<string, string>();
  /** URLs of which it was said that another source has them. */
  private readonly shadowed = new Set<string>();
  private isStopped = false;
  private hasApplied = false;

  constructor(private readonly options: ReconcilerOptions) {
    options.fleet.listen({ removed: (endpoint) => this.left(endpoint) });
  }

  /** @param found all that there is, no URL twice */
  apply(found: readonly FoundEndpoint[]): void {
    if (this.isStopped) return;
    this.options.counts.updated();
    this.wanted = new Map(found.map((one) => [one.spec.address.url, one]));
    for (const [url, key] of this.dismissed) {
      if (keyOf(this.wanted.get(url)) !== key) this.dismissed.delete(url);
    }
    for (const url of this.shadowed) if (!this.wanted.has(url)) this.shadowed.delete(url);
    for (const url of [...this.brought.keys()]) if (!this.wanted.has(url)) this.settle(url);
    for (const url of this.wanted.keys()) this.settle(url);
    if (this.hasApplied) return;
    this.hasApplied = true;
    const { logger, source } = this.options;
    logger.info('discovery has found workers', { workers: this.brought.size, source });
  }

  /** Its servers stay, and nothing changes them any more. */
  stop(): void {
    this.isStopped = true;
  }

  private settle(url: string): void {
    const want = this.wanted.get(url);
    const brought = this.brought.get(url);
    if (!brought) return this.bring(url, want);
    if (!want || keyOf(want) !== brought.key) return this.dismiss(url, brought, want);
    if (!want.usable) return this.rest(url, brought);
    if (brought.resting) this.wake(url, brought);
    else if (brought.endpoints.every(({ status }) => status === 'failed')) {
      // It was given up, and is there all the same.
      return this.dismiss(url, brought, want);
    }
    this.update(brought, want);
  }

  private bring(url: string, want: FoundEndpoint | undefined): void {
    if (!want?.usable || this.dismissed.get(url) === keyOf(want)) return;
    const { fleet, source, logger, counts } = this.options;
    const endpoints = fleet.add(want.spec);
    if (endpoints) {
      this.shadowed.delete(url);
      this.brought.set(url, { key: keyOf(want)!, endpoints, said: want.spec, resting: false });
      counts.workerAdded();
      // All that the first set names are told of in one line.
      if (this.hasApplied) logger.info('discovery brings a worker in', { worker: url, source });
    } else if (!this.shadowed.has(url)) {
      const other = fleet.find(url)?.[0];
      // Its own, on its way out.
      if (other?.spec.source === source) return;
      this.shadowed.add(url);
      logger.warn('a worker is known already: it stays as it is while that source names it', {
        worker: url,
        source,
        knownFrom: other?.spec.source,
      });
    }
  }

  /** It left for good. */
  private dismiss(url: string, brought: Brought, want: FoundEndpoint | undefined): void {
    const { fleet, counts } = this.options;
    this.brought.delete(url);
    if (!brought.resting) {
      counts.workerRemoved();
      this.say(
        url,
        want ? 'another server is there, or it was given up' : 'it is not found any more',
      );
    }
    for (const endpoint of brought.endpoints) fleet.remove(endpoint);
    // Else it comes when the former one is gone.
    this.bring(url, want);
  }

  private rest(url: string, brought: Brought): void {
    if (brought.resting) return;
    brought.resting = true;
    this.options.counts.workerRemoved();
    this.say(url, 'it is not ready');
    for (const endpoint of brought.endpoints) this.options.fleet.remove(endpoint, true);
  }

  private wake(url: string, brought: Brought): void {
    const { fleet, counts, logger, source } = this.options;
    const isBack = brought.endpoints.map((endpoint) => fleet.resume(endpoint)).includes(true);
    if (!isBack) return;
    brought.resting = false;
    counts.workerAdded();
    const reason = 'it is ready again';
    logger.info('discovery brings a worker in', { worker: url, source, reason });
  }

  private say(worker: string, reason: string): void {
    const { logger, source } = this.options;
    logger.info('discovery takes a worker out', { worker, source, reason });
  }

  /** What others have changed of it stays until its source says something new. */
  private update(brought: Brought, { spec }: FoundEndpoint): void {
    const change = changeable(spec);
    if (isDeepStrictEqual(change, changeable(brought.said))) return;
    brought.said = spec;
    for (const endpoint of brought.endpoints) this.options.fleet.update(endpoint, change);
  }

  private left(endpoint: Endpoint): void {
    const { url } = endpoint.spec.address;
    const brought = this.brought.get(url);
    // It does not let one go for good before it has forgotten it: somebody else did.
    if (brought?.endpoints.includes(endpoint) && !endpoint.mayReturn) {
      this.brought.delete(url);
      this.dismissed.set(url, brought.key);
      if (!brought.resting) this.options.counts.workerRemoved();
    }
    // When all others know that it has left.
    if (this.wanted.has(url)) queueMicrotask(() => this.isStopped || this.settle(url));
  }
}

/** Two that have the same are one server, with one cache; another role is as good as another server. */
function keyOf(found: FoundEndpoint | undefined): string | undefined {
  return found && `${found.spec.role} ${found.identity}`;
}

function changeable(spec: EndpointSpec): SpecChange {
  const { priority, cost, labels, modelId, bootstrapPort } = spec;
  return { priority, cost, labels, modelId, bootstrapPort };
}
