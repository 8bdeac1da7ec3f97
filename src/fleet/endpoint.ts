import type { EndpointUrl } from '../endpoint/endpoint-url.js';
import type { Candidate } from '../policy/policy.js';
import type { Origin } from '../proxy/origin.js';
import type { AttemptOutcome, CircuitBreaker } from '../resilience/circuit-breaker.js';

/** What an endpoint does of a request's work. */
export type EndpointRole = 'regular' | 'prefill' | 'decode';

/** Who named an endpoint: what one source takes away, another one may have named too. */
export type EndpointSource = 'flags' | 'api' | 'file' | 'kubernetes' | 'announced';

/** What is said of an endpoint by whoever names it. */
export interface EndpointSpec {
  readonly address: EndpointUrl;
  readonly role: EndpointRole;
  readonly source: EndpointSource;
  /** What people call it: of the pod and its rank, or of the entry in a file; left out: it is called by its address. */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** `host:port` where its metrics are, where that is another place. */
  readonly metricsHost?: string | undefined;
  /** No engine of ours, but an API like OpenAI's: it knows `/v1/…` and nothing else; false unless given. */
  readonly external?: boolean | undefined;
  /** The model it serves, where that is said; else it is asked. */
  readonly modelId?: string | undefined;
  /** The models it serves, where several are said. */
  readonly models?: readonly string[] | undefined;
  /** How many data-parallel ranks it has, each of which is an endpoint; left out: what the fleet is told for all. */
  readonly ranks?: number | undefined;
  /** Larger is preferred. */
  readonly priority: number;
  /** Of two that are equal otherwise the cheaper one is taken. */
  readonly cost: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes the place of the client's bearer token. */
  readonly apiKey?: string | undefined;
  readonly bootstrapPort?: number | undefined;
  /** How it is probed, where it is not as all are. */
  readonly health?: HealthPolicy | undefined;
}

/** What may be said of the probes of one endpoint; times are milliseconds. */
export interface HealthPolicy {
  readonly interval?: number;
  readonly timeout?: number;
  readonly failures?: number;
  readonly successes?: number;
  /** Bad probes after which one is given up that never answered well. */
  readonly attempts?: number;
  /** It is taken for healthy without a question. */
  readonly disabled?: boolean;
}

/**
 * `pending`: not probed well yet. `failed`: given up before it ever was. `draining`: finishes what it has and takes
 * nothing more.
 */
export type EndpointStatus = 'pending' | 'ready' | 'not_ready' | 'failed' | 'draining';

/** What an endpoint is besides its spec. */
export interface EndpointParts {
  readonly tls?: Origin['tls'];
  /** Id of the server, which its ranks share. */
  readonly group: string;
  readonly rank?: number;
  readonly ranks?: number;
  /** Called when its status has changed. */
  readonly changed: () => void;
}

/** Ends a request at an endpoint; the first call counts. */
export type EndRequest = (outcome: AttemptOutcome) => void;

/** One model server: who it is, what it has in flight, and how it is. */
export class Endpoint implements Candidate {
  /** Its URL, followed by `@rank` where it has several ranks. */
  readonly id: string;
  readonly uuid: string;
  readonly origin: Origin;
  /** The data-parallel rank that it is; undefined where the server has but one. */
  readonly rank: number | undefined;
  /** Of the data-parallel ranks of its server. */
  readonly ranks: number;
  /** Ids of the models that it serves, as far as they are known. */
  models: readonly string[];
  /** Why it is not ready, for people. */
  reason: string | undefined;
  inFlight = 0;
  /** Requests that were sent to it, and of those that are over the good and the bad ones; abandoned ones are neither. */
  started = 0;
  succeeded = 0;
  failed = 0;
  /** What it has in flight of others, as it says; 0 where nobody asks it. */
  othersLoad = 0;
  /** Called each time that nothing is in flight any more. */
  idle: () => void = () => undefined;
  lastChosen = -Infinity;
  /** It was taken out, and is the same one as before should it come back. */
  mayReturn = false;
  /** When it came, or was ready or given up for the first time since: seconds of the Unix epoch. */
  joined = now();
  private condition: EndpointStatus = 'pending';

  constructor(
    public spec: EndpointSpec,
    readonly breaker: CircuitBreaker,
    { tls, group, rank, ranks = 1, changed }: EndpointParts,
  ) {
    const { url, target } = spec.address;
    const behind = rank === undefined ? '' : `@${rank}`;
    this.id = url + behind;
    this.uuid = group + behind;
    this.rank = rank;
    this.ranks = ranks;
    this.models = spec.models ?? (spec.modelId === undefined ? [] : [spec.modelId]);
    this.changed = changed;
    const { host, port, label } = target;
    const origin = { key: `endpoint ${url}`, label, addresses: [host], port };
    this.origin = tls ? { ...origin, tls } : origin;
  }

  private readonly changed: () => void;

  get status(): EndpointStatus {
    return this.condition;
  }

  set status(status: EndpointStatus) {
    if (this.condition === 'pending' || status === 'pending') this.joined = now();
    this.condition = status;
    this.changed();
  }

  get load(): number {
    return this.inFlight + this.othersLoad;
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
   * @param heedless of its breaker: it starts even where that is open
   * @returns undefined when its breaker lets none start
   */
  begin(now: number, heedless = false): EndRequest | undefined {
    const end = this.breaker.begin() ?? (heedless ? () => undefined : undefined);
    if (!end) return undefined;
    this.inFlight++;
    this.started++;
    this.lastChosen = now;
    let ended = false;
    return (outcome) => {
      if (ended) return;
      ended = true;
      this.inFlight--;
      if (outcome === 'success') this.succeeded++;
      else if (outcome === 'failure') this.failed++;
      end(outcome);
      if (this.inFlight === 0) this.idle();
    };
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
