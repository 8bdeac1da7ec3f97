import type { Logger } from '../logging/logger.js';
import { askEndpoint } from './ask-endpoint.js';
import type { Endpoint } from './endpoint.js';
import type { Fleet } from './fleet.js';

export interface ServedModelsPolicy {
  /** Milliseconds until a server is asked again that did not tell; doubled each time, up to `interval`. */
  readonly retry: number;
  /** Milliseconds between questions: adapters come and go. */
  readonly interval: number;
  /** Milliseconds that an answer may take. */
  readonly timeout: number;
}

const DEFAULTS: ServedModelsPolicy = { retry: 500, interval: 60_000, timeout: 5000 };

/** Asks endpoints of which nobody has said it which models they serve, from when they are ready until they leave. */
export class ServedModels {
  private readonly stops = new Map<Endpoint, AbortController>();

  constructor(
    private readonly fleet: Fleet,
    private readonly logger: Logger,
    private readonly policy = DEFAULTS,
  ) {
    fleet.listen({
      statusChanged: (endpoint) => this.look(endpoint),
      removed: (endpoint) => this.end(endpoint),
    });
  }

  stop(): void {
    for (const endpoint of [...this.stops.keys()]) this.end(endpoint);
  }

  private look(endpoint: Endpoint): void {
    if (!endpoint.isReady || this.stops.has(endpoint) || endpoint.spec.modelId !== undefined)
      return;
    const stop = new AbortController();
    this.stops.set(endpoint, stop);
    void this.ask(endpoint, stop.signal, this.policy.retry);
  }

  private end(endpoint: Endpoint): void {
    this.stops.get(endpoint)?.abort();
    this.stops.delete(endpoint);
  }

  private async ask(endpoint: Endpoint, stopped: AbortSignal, retry: number): Promise<void> {
    const { interval, timeout } = this.policy;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeout)]);
    const answer = await askEndpoint(endpoint, '/v1/models', signal).catch(
      (error: unknown) => error,
    );
    if (stopped.aborted) return;
    const models = idsIn(answer);
    if (models) this.learn(endpoint, models);
    else if (retry === this.policy.retry * 2) this.untold(endpoint, answer);
    const wait = models ? interval : Math.min(retry, interval);
    const timer = setTimeout(() => void this.ask(endpoint, stopped, retry * 2), wait);
    timer.unref();
    stopped.addEventListener('abort', () => clearTimeout(timer), { once: true });
  }

  /** Once, after the second question: without its models a worker may get no requests, as by a key that is missing. */
  private untold({ id }: Endpoint, answer: unknown): void {
    const reason =
      answer instanceof Error
        ? answer.message
        : 'GET /v1/models lists none: does it ask for a key?';
    this.logger.warn('worker does not tell its models', { worker: id, reason });
  }

  private learn(endpoint: Endpoint, models: readonly string[]): void {
    const before = endpoint.models;
    this.fleet.discovered(endpoint, models);
    if (endpoint.models !== before) {
      this.logger.info('worker serves', { worker: endpoint.id, models });
    }
  }
}

/** @returns undefined for what is no list of models */
function idsIn(answer: unknown): string[] | undefined {
  const { data } = (answer ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((model: { id?: unknown } | null) =>
    typeof model?.id === 'string' ? [model.id] : [],
  );
}
