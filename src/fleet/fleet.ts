import type { ConnectionOptions } from 'node:tls';
import {
  CircuitBreaker,
  type BreakerPolicy,
  type BreakerState,
} from '../resilience/circuit-breaker.js';
import { Endpoint, type EndpointRole, type EndpointSpec } from './endpoint.js';

/** What happens to endpoints that others want to know of. */
export interface FleetListener {
  added?(endpoint: Endpoint): void;
  /** It left for good: nothing is in flight there any more. */
  removed?(endpoint: Endpoint): void;
  breakerChanged?(endpoint: Endpoint, from: BreakerState, to: BreakerState): void;
}

export interface FleetOptions {
  /** Undefined: breakers never open. */
  readonly breaker: BreakerPolicy | undefined;
  /** TLS options of a connection to a host. */
  readonly tls: (host: string) => ConnectionOptions;
}

const NEVER: BreakerPolicy = { threshold: Infinity, cooldown: 0 };

/** The model servers that there are, in the order of their registration. */
export class Fleet {
  private readonly byUrl = new Map<string, Endpoint>();
  private readonly listeners: FleetListener[] = [];
  private readonly lastUsable = new Map<EndpointRole, readonly Endpoint[]>();

  constructor(private readonly options: FleetOptions) {}

  get all(): Endpoint[] {
    return [...this.byUrl.values()];
  }

  listen(listener: FleetListener): void {
    this.listeners.push(listener);
  }

  /** @returns undefined when there is one of that URL already */
  add(spec: EndpointSpec): Endpoint | undefined {
    const { url, secure, target } = spec.address;
    if (this.byUrl.has(url)) return undefined;
    let before: BreakerState = 'closed';
    const breaker = new CircuitBreaker(this.options.breaker ?? NEVER, undefined, (state) => {
      // Each probe of a half-open one is told, which is no change.
      if (state === before) return;
      for (const listener of this.listeners) listener.breakerChanged?.(endpoint, before, state);
      before = state;
    });
    const endpoint = new Endpoint(
      spec,
      breaker,
      secure ? { tls: this.options.tls(target.host) } : {},
    );
    this.byUrl.set(url, endpoint);
    for (const listener of this.listeners) listener.added?.(endpoint);
    return endpoint;
  }

  /** @param name its id, or its URL in any spelling */
  find(name: string): Endpoint | undefined {
    const url = name.replace(/\/$/, '').toLowerCase();
    return this.byUrl.get(url) ?? this.all.find(({ uuid }) => uuid === name);
  }

  /** Takes requests no more, and is gone when those that it has are done. */
  remove(endpoint: Endpoint): void {
    if (endpoint.status === 'draining') return;
    endpoint.status = 'draining';
    endpoint.idle = () => {
      this.byUrl.delete(endpoint.id);
      for (const listener of this.listeners) listener.removed?.(endpoint);
    };
    if (endpoint.inFlight === 0) endpoint.idle();
  }

  /** Those of a role that may get a request now; the same array as long as they are the same ones. */
  usable(role: EndpointRole): readonly Endpoint[] {
    const usable: Endpoint[] = [];
    for (const endpoint of this.byUrl.values()) {
      if (endpoint.spec.role === role && endpoint.isUsable) usable.push(endpoint);
    }
    const before = this.lastUsable.get(role);
    if (before?.length === usable.length && usable.every((one, at) => one === before[at])) {
      return before;
    }
    this.lastUsable.set(role, usable);
    return usable;
  }
}
