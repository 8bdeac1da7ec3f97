import { randomUUID } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { EndpointUrl } from '../endpoint/endpoint-url.js';
import {
  CircuitBreaker,
  type BreakerPolicy,
  type BreakerState,
} from '../resilience/circuit-breaker.js';
import { Endpoint, type EndpointSpec } from './endpoint.js';

/** What happens to endpoints that others want to know of. */
export interface FleetListener {
  added?(endpoint: Endpoint): void;
  /** It left: nothing is in flight there any more. */
  removed?(endpoint: Endpoint): void;
  /** It left for good: what is remembered of it says nothing any more. */
  forgotten?(endpoint: Endpoint): void;
  /** It was on its way out and stays. */
  resumed?(endpoint: Endpoint): void;
  /** Its models, its priority or its labels are others than before. */
  updated?(endpoint: Endpoint): void;
  statusChanged?(endpoint: Endpoint): void;
  breakerChanged?(endpoint: Endpoint, from: BreakerState, to: BreakerState): void;
}

export interface FleetOptions {
  /** Undefined: breakers never open. */
  readonly breaker: BreakerPolicy | undefined;
  /** TLS options of a connection to a host. */
  readonly tls: (host: string) => ConnectionOptions;
  /** Data-parallel ranks of a server of which nothing is said; 1 unless given. */
  readonly ranks?: number;
}

/** The endpoints of one server: several where it has data-parallel ranks. */
export type ServerEndpoints = readonly [Endpoint, ...Endpoint[]];

/** What may be said anew of an endpoint that is there. */
export type SpecChange = Partial<
  Pick<
    EndpointSpec,
    'priority' | 'cost' | 'labels' | 'apiKey' | 'modelId' | 'bootstrapPort' | 'health'
  >
>;

const NEVER: BreakerPolicy = { threshold: Infinity, cooldown: 0 };

/** The model servers that there are, in the order of their registration. */
export class Fleet {
  /**
   * Grows whenever something changes that decides who may get requests, but for breakers that let one through because
   * time has passed; see {@link hasTrouble}.
   */
  version = 0;
  private readonly byId = new Map<string, Endpoint>();
  /** By {@link serverKey} those of {@link byId}. */
  private readonly byServer = new Map<string, Endpoint[]>();
  private readonly listeners: FleetListener[] = [];
  private readonly troubled = new Set<Endpoint>();

  constructor(private readonly options: FleetOptions) {}

  get all(): Endpoint[] {
    return [...this.byId.values()];
  }

  /** One endpoint of each server: where all of its ranks are asked at once. */
  get servers(): Endpoint[] {
    const known = new Set<string>();
    return this.all.filter(({ spec }) => {
      const { url } = spec.address;
      return !known.has(url) && known.add(url);
    });
  }

  /** Some breaker is not closed: who is usable depends on the time. */
  get hasTrouble(): boolean {
    return this.troubled.size > 0;
  }

  listen(listener: FleetListener): void {
    this.listeners.push(listener);
  }

  /** @returns one for each data-parallel rank; undefined when there is one of that URL already */
  add(spec: EndpointSpec): ServerEndpoints | undefined {
    const ranks = spec.ranks ?? this.options.ranks ?? 1;
    if (this.byServer.has(serverKey(spec.address))) return undefined;
    const group = randomUUID();
    const first = this.addRank(spec, group, ranks === 1 ? undefined : 0, ranks);
    const others: Endpoint[] = [];
    for (let rank = 1; rank < ranks; rank++) others.push(this.addRank(spec, group, rank, ranks));
    return [first, ...others];
  }

  /**
   * @param name an id or a URL in any spelling; of a server with several ranks with `@rank` or without
   * @returns all that it names, undefined where it names none
   */
  find(name: string): ServerEndpoints | undefined {
    const url = name.toLowerCase().replace(/\/(?=$|@)/, '');
    const one = this.byId.get(url);
    if (one) return [one];
    return this.server(url) ?? some(this.all.filter(({ uuid }) => isNamed(uuid, name)));
  }

  /** What is said anew of it counts for all that comes. */
  update(endpoint: Endpoint, change: SpecChange): void {
    const health = change.health && { ...endpoint.spec.health, ...change.health };
    endpoint.spec = { ...endpoint.spec, ...change, ...(health && { health }) };
    if (change.modelId !== undefined) endpoint.models = [change.modelId];
    this.changed();
    this.tell('updated', endpoint);
  }

  /** It has said itself which models it serves. */
  discovered(endpoint: Endpoint, models: readonly string[]): void {
    if (endpoint.spec.modelId !== undefined || endpoint.spec.models !== undefined) return;
    const { models: before } = endpoint;
    if (models.length === before.length && models.every((id, at) => id === before[at])) return;
    endpoint.models = models;
    this.changed();
    this.tell('updated', endpoint);
  }

  /**
   * It takes requests no more, and is gone when those that it has are done.
   *
   * @param mayReturn what is remembered of it is kept for {@link resume}, until it is removed without this
   */
  remove(endpoint: Endpoint, mayReturn = false): void {
    const couldReturn = endpoint.mayReturn;
    endpoint.mayReturn = mayReturn && (couldReturn || endpoint.status !== 'draining');
    if (endpoint.status === 'draining') {
      if (couldReturn && !mayReturn && !this.has(endpoint)) this.tell('forgotten', endpoint);
      return;
    }
    endpoint.status = 'draining';
    endpoint.idle = () => {
      this.takeOut(endpoint);
      this.troubled.delete(endpoint);
      this.changed();
      this.tell('removed', endpoint);
      if (!endpoint.mayReturn) this.tell('forgotten', endpoint);
    };
    if (endpoint.inFlight === 0) endpoint.idle();
  }

  /** What was given up may be tried anew. @param url as {@link find} takes it */
  removeFailed(url: string): void {
    for (const one of this.find(url) ?? []) if (one.status === 'failed') this.remove(one);
  }

  /**
   * One that was removed and may return is back: it is probed anew, and keeps its id and what is remembered of it.
   *
   * @returns false where it was not removed, or another one is in its place
   */
  resume(endpoint: Endpoint): boolean {
    if (!endpoint.mayReturn) return false;
    const isHere = this.has(endpoint);
    const others = this.byServer.get(serverKey(endpoint.spec.address)) ?? [];
    if (others.some(({ uuid }) => groupOf(uuid) !== groupOf(endpoint.uuid))) return false;
    endpoint.mayReturn = false;
    endpoint.idle = () => undefined;
    if (!isHere) this.putIn(endpoint);
    if (endpoint.breaker.state !== 'closed') this.troubled.add(endpoint);
    endpoint.status = 'pending';
    this.tell(isHere ? 'resumed' : 'added', endpoint);
    return true;
  }

  private has(endpoint: Endpoint): boolean {
    return this.byId.get(endpoint.id) === endpoint;
  }

  private server(url: string): ServerEndpoints | undefined {
    return some(this.all.filter(({ spec }) => spec.address.url === url));
  }

  private addRank(
    spec: EndpointSpec,
    group: string,
    rank: number | undefined,
    ranks: number,
  ): Endpoint {
    const { secure, target } = spec.address;
    let before: BreakerState = 'closed';
    const breaker = new CircuitBreaker(this.options.breaker ?? NEVER, undefined, (state) => {
      // Each probe of a half-open one is told, which is no change.
      if (state === before) return;
      if (state === 'closed') this.troubled.delete(endpoint);
      else this.troubled.add(endpoint);
      this.changed();
      for (const listener of this.listeners) listener.breakerChanged?.(endpoint, before, state);
      before = state;
    });
    const endpoint = new Endpoint(spec, breaker, {
      group,
      ranks,
      changed: () => {
        this.changed();
        this.tell('statusChanged', endpoint);
      },
      ...(rank !== undefined && { rank }),
      ...(secure && { tls: this.options.tls(target.host) }),
    });
    this.putIn(endpoint);
    this.changed();
    this.tell('added', endpoint);
    return endpoint;
  }

  private putIn(endpoint: Endpoint): void {
    this.byId.set(endpoint.id, endpoint);
    const key = serverKey(endpoint.spec.address);
    const ranks = this.byServer.get(key);
    if (ranks) ranks.push(endpoint);
    else this.byServer.set(key, [endpoint]);
  }

  private takeOut(endpoint: Endpoint): void {
    this.byId.delete(endpoint.id);
    const key = serverKey(endpoint.spec.address);
    const others = this.byServer.get(key)?.filter((one) => one !== endpoint) ?? [];
    if (others.length > 0) this.byServer.set(key, others);
    else this.byServer.delete(key);
  }

  private changed(): void {
    this.version++;
  }

  private tell(
    what: 'added' | 'removed' | 'forgotten' | 'resumed' | 'updated' | 'statusChanged',
    endpoint: Endpoint,
  ): void {
    for (const listener of this.listeners) listener[what]?.(endpoint);
  }
}

/** The same for both where one of them leaves out the port that its scheme has anyway. */
function serverKey({ secure, path, target }: EndpointUrl): string {
  return `${secure ? 'https' : 'http'}://${target.label}${path}`;
}

function some(endpoints: Endpoint[]): ServerEndpoints | undefined {
  const [first, ...others] = endpoints;
  return first && [first, ...others];
}

/** The ranks of a server share the beginning of their ids. */
function isNamed(uuid: string, name: string): boolean {
  return uuid === name || groupOf(uuid) === name;
}

function groupOf(uuid: string): string {
  return uuid.split('@', 1)[0]!;
}
