import { randomUUID } from 'node:crypto';
import type { EndpointUrl } from '../endpoint/endpoint-url.js';
import type { Candidate } from '../policy/policy.js';
import type { Origin } from '../proxy/origin.js';
import type { AttemptOutcome, CircuitBreaker } from '../resilience/circuit-breaker.js';

/** What an endpoint does of a request's work. */
export type EndpointRole = 'regular' | 'prefill' | 'decode';

/** What is said of an endpoint by whoever names it. */
export interface EndpointSpec {
  readonly address: EndpointUrl;
  readonly role: EndpointRole;
  /** The model it serves, where it is known. */
  readonly modelId?: string | undefined;
  /** Larger is preferred. */
  readonly priority: number;
  /** Of two that are equal otherwise the cheaper one is taken. */
  readonly cost: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes the place of the client's bearer token. */
  readonly apiKey?: string | undefined;
  readonly bootstrapPort?: number | undefined;
}

/**
 * `pending`: not probed well yet. `failed`: given up before it ever was. `draining`: finishes what it has and takes
 * nothing more.
 */
export type EndpointStatus = 'pending' | 'ready' | 'not_ready' | 'failed' | 'draining';

/** Ends a request at an endpoint; the first call counts. */
export type EndRequest = (outcome: AttemptOutcome) => void;

/** One model server: who it is, what it has in flight, and how it is. */
export class Endpoint implements Candidate {
  readonly id: string;
  readonly uuid = randomUUID();
  readonly origin: Origin;
  status: EndpointStatus = 'pending';
  /** Why it is not ready, for people. */
  reason: string | undefined;
  inFlight = 0;
  /** Called each time that nothing is in flight any more. */
  idle: () => void = () => undefined;
  lastChosen = -Infinity;

  constructor(
    public spec: EndpointSpec,
    readonly breaker: CircuitBreaker,
    origin: Pick<Origin, 'tls'>,
  ) {
    const { url, target } = spec.address;
    this.id = url;
    const { host, port, label } = target;
    this.origin = { key: `endpoint ${url}`, label, addresses: [host], port, ...origin };
  }

  get load(): number {
    return this.inFlight;
  }

  get cost(): number {
    return this.spec.cost;
  }

  /** It answers its probes and takes requests, whatever its breaker says. */
  get isReady(): boolean {
    return this.status === 'ready';
  }

  /** Whether {@link begin} would let a request start. */
  get isUsable(): boolean {
    return this.isReady && this.breaker.admits;
  }

  /**
   * Starts a request: it counts from here on, whatever becomes of it.
   *
   * @param now milliseconds of the policies' clock
   * @returns undefined when its breaker lets none start
   */
  begin(now: number): EndRequest | undefined {
    const end = this.breaker.begin();
    if (!end) return undefined;
    this.inFlight++;
    this.lastChosen = now;
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      this.inFlight--;
      end(outcome);
      if (this.inFlight === 0) this.idle();
    };
  }
}
