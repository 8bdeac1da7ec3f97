import { askEndpoint } from './ask-endpoint.js';
import type { Endpoint } from './endpoint.js';
import type { Fleet } from './fleet.js';

export interface ServerLoadsPolicy {
  /** Milliseconds between questions to one endpoint. */
  readonly interval: number;
  /** Whose load matters: who else asks nobody. */
  readonly matters: (endpoint: Endpoint) => boolean;
}

const TIMEOUT_MS = 5000;
const LOST = Symbol('lost');

/** Asks servers what they have in flight (vLLM's `GET /load`), so that what others send them counts. */
export class ServerLoads {
  private readonly stopped = new AbortController();
  private readonly asking = new Set<Endpoint>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly fleet: Fleet,
    private readonly policy: ServerLoadsPolicy,
  ) {
    this.timer = setInterval(() => this.askAll(), policy.interval).unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopped.abort();
  }

  private askAll(): void {
    for (const endpoint of this.fleet.all) {
      // The ranks of one server are asked as one.
      if (
        !endpoint.isReady ||
        endpoint.spec.external ||
        (endpoint.rank ?? 0) !== 0 ||
        this.asking.has(endpoint)
      )
        continue;
      if (this.policy.matters(endpoint)) void this.ask(endpoint);
    }
  }

  private async ask(endpoint: Endpoint): Promise<void> {
    this.asking.add(endpoint);
    const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    // A question that got lost says nothing: what was told before still counts.
    const answer = await askEndpoint(endpoint, '/load', signal).catch(() => LOST);
    this.asking.delete(endpoint);
    if (answer === LOST) return;
    const told = (answer as { server_load?: unknown } | null | undefined)?.server_load;
    const ranks = this.fleet.find(endpoint.spec.address.url) ?? [];
    const ours = ranks.reduce((sum, { inFlight }) => sum + inFlight, 0);
    const others = typeof told === 'number' ? Math.max(told - ours, 0) : 0;
    for (const rank of ranks) rank.othersLoad = others / ranks.length;
  }
}
