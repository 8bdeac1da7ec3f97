import { isSuccess } from '../proxy/is-success.js';
import { urlHost } from '../endpoint/ip.js';
import { HealthRequests } from '../endpoint/health-request.js';
import type { Logger } from '../logging/logger.js';
import type { Endpoint, HealthPolicy } from './endpoint.js';
import type { Fleet } from './fleet.js';

export interface ProbePolicy {
  /** Milliseconds between the probes of a ready endpoint. */
  readonly interval: number;
  /** Milliseconds that a probe may take. */
  readonly timeout: number;
  /** Bad probes in a row that make a ready endpoint unready. */
  readonly failures: number;
  /** Good ones in a row that make it ready again; the very first one is enough. */
  readonly successes: number;
  readonly path: string;
  /** Milliseconds after which an endpoint that never answered well is given up. */
  readonly startup: number;
  /** Milliseconds between the probes of one that did not answer well yet. */
  readonly startupInterval: number;
}

/** Whoever is slow to come up is asked soon, so that it serves as soon as it can. */
const FIRST_RETRY_MS = 250;

/** Asks endpoints how they are: at once when they are added, then every interval, each on its own. */
export class Prober {
  private readonly watched = new Map<Endpoint, Watch>();

  constructor(
    fleet: Fleet,
    private readonly policy: ProbePolicy,
    private readonly logger: Logger,
  ) {
    fleet.listen({
      added: (endpoint) => this.begin(endpoint),
      resumed: (endpoint) => this.begin(endpoint),
      updated: (endpoint) => this.watched.get(endpoint)?.updated(),
      removed: (endpoint) => this.end(endpoint),
    });
  }

  /** Asks all now; the next probes follow from here. */
  probeNow(): void {
    for (const watch of this.watched.values()) watch.probeNow();
  }

  stop(): void {
    for (const endpoint of [...this.watched.keys()]) this.end(endpoint);
  }

  private begin(endpoint: Endpoint): void {
    this.end(endpoint);
    const watch = new Watch(endpoint, this.policy, {
      changed: () => this.judged(endpoint),
      silent: () => this.silent(endpoint),
    });
    this.watched.set(endpoint, watch);
    void watch.probe();
  }

  private end(endpoint: Endpoint): void {
    this.watched.get(endpoint)?.stop();
    this.watched.delete(endpoint);
  }

  private judged(endpoint: Endpoint): void {
    const { id, status, reason } = endpoint;
    this.logger[status === 'ready' ? 'info' : 'warn']('worker changed', {
      worker: id,
      status,
      reason,
    });
  }

  /** An engine that loads its model is as silent as a wrong address: the reason tells which. */
  private silent({ id, reason }: Endpoint): void {
    this.logger.warn('worker does not answer well yet', { worker: id, reason });
  }
}

interface Heard {
  /** Its status is another one. */
  changed(): void;
  /** It is pending, after as many bad probes as make a ready one unready; told once. */
  silent(): void;
}

/** The probes of one endpoint. */
class Watch {
  private readonly stopped = new AbortController();
  private readonly began = performance.now();
  private health: HealthPolicy | undefined;
  private timer: NodeJS.Timeout | undefined;
  private good = 0;
  private bad = 0;
  private retries = 0;

  constructor(
    private readonly endpoint: Endpoint,
    private readonly general: ProbePolicy,
    private readonly heard: Heard,
  ) {
    this.health = endpoint.spec.health;
  }

  /** What is said of this endpoint goes before what is said of all. */
  private get policy(): ProbePolicy & HealthPolicy {
    const { health } = this.endpoint.spec;
    return health ? { ...this.general, ...health } : this.general;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.stopped.abort();
  }

  /** What is said anew of its probes counts from now on, not from the next one on. */
  updated(): void {
    const { health } = this.endpoint.spec;
    if (health === this.health) return;
    this.health = health;
    this.probeNow();
  }

  /** Does nothing while one is under way. */
  probeNow(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    void this.probe();
  }

  async probe(): Promise<void> {
    this.timer = undefined;
    const fault = this.policy.disabled ? undefined : await this.ask();
    if (this.stopped.signal.aborted) return;
    this.judge(fault);
    if (this.endpoint.status === 'failed') return;
    this.timer = setTimeout(() => void this.probe(), this.pause());
  }

  /** @returns why the answer is no good one; undefined where it is */
  private ask(): Promise<string | undefined> {
    const { endpoint, policy, stopped } = this;
    const { target } = endpoint.spec.address;
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(policy.timeout)]);
    return new HealthRequests(endpoint.origin.tls)
      .status(urlHost(target.host), target.port, signal, {
        path: endpoint.spec.external ? `${endpoint.spec.address.path}/v1/models` : policy.path,
        apiKey: endpoint.spec.apiKey,
      })
      .then((status) => (isSuccess({ statusCode: status }) ? undefined : `status ${status}`))
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  }

  private judge(fault: string | undefined): void {
    const { endpoint, policy } = this;
    this.good = fault === undefined ? this.good + 1 : 0;
    this.bad = fault === undefined ? 0 : this.bad + 1;
    const before = endpoint.status;
    endpoint.reason = fault;
    if (before === 'draining') return;
    if (before === 'pending') {
      if (fault === undefined) endpoint.status = 'ready';
      else if (this.isGivenUp(policy)) endpoint.status = 'failed';
    } else if (before === 'ready' && this.bad >= policy.failures) endpoint.status = 'not_ready';
    else if (before === 'not_ready' && this.good >= policy.successes) this.isBack();
    if (endpoint.status !== before) this.heard.changed();
    else if (before === 'pending' && this.bad === policy.failures) this.heard.silent();
  }

  /** What its breaker knows is of the time before: one request finds out. */
  private isBack(): void {
    this.endpoint.breaker.readmit();
    this.endpoint.status = 'ready';
  }

  private isGivenUp({ startup, attempts = Infinity }: ProbePolicy & HealthPolicy): boolean {
    return this.bad >= attempts || performance.now() - this.began >= startup;
  }

  private pause(): number {
    const { status } = this.endpoint;
    if (status !== 'pending') return this.policy.interval;
    return Math.min(FIRST_RETRY_MS * 2 ** this.retries++, this.policy.startupInterval);
  }
}
