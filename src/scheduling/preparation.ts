import { reasonOf } from '../config/config-error.js';
import type { Logger } from '../logging/logger.js';
import type { InferenceRequest } from './inference-request.js';
import type { NamedPlugin } from './picker-setup.js';
import type { Endpoints, Producer } from './plugin.js';

/** How long one producer may take that does not say it itself, in milliseconds. */
const PRODUCER_DEADLINE = 400;
/** A producer that fails is told of at most so often, in milliseconds. */
const WARNING_INTERVAL = 10_000;

/** What preparing is done with. */
export interface PreparationTools {
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** Milliseconds that one producer may take; 400 unless given. */
  readonly deadline?: number;
}

/** Lets producers find out, one after another, what the plugins of profiles look at. */
export class Preparation {
  /** By producer, when its failure was told of last. */
  private readonly warned = new Map<string, number>();

  constructor(
    private readonly producers: readonly NamedPlugin<Producer>[],
    private readonly tools: PreparationTools,
  ) {}

  /** @returns nothing where all was done at once; a promise that never rejects where one of them has to wait */
  run(request: InferenceRequest, endpoints: Endpoints): void | Promise<void> {
    for (let i = 0; i < this.producers.length; i++) {
      const waiting = this.produce(i, request, endpoints);
      if (waiting) return this.goOn(waiting, i, request, endpoints);
    }
  }

  private async goOn(
    waiting: Promise<void>,
    index: number,
    request: InferenceRequest,
    endpoints: Endpoints,
  ): Promise<void> {
    await this.bounded(waiting, index);
    for (let i = index + 1; i < this.producers.length; i++) {
      const next = this.produce(i, request, endpoints);
      if (next) await this.bounded(next, i);
    }
  }

  private produce(
    index: number,
    request: InferenceRequest,
    endpoints: Endpoints,
  ): void | Promise<void> {
    try {
      return this.producers[index]!.plugin.produce(request, endpoints);
    } catch (error) {
      this.warn(index, reasonOf(error));
    }
  }

  private bounded(waiting: Promise<void>, index: number): Promise<void> {
    const { patience } = this.producers[index]!.plugin;
    const deadline = patience ?? this.tools.deadline ?? PRODUCER_DEADLINE;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.warn(index, `it took longer than ${deadline} ms`);
        resolve();
      }, deadline);
      const settle = (): void => {
        clearTimeout(timer);
        resolve();
      };
      waiting.then(settle, (error: unknown) => {
        this.warn(index, reasonOf(error));
        settle();
      });
    });
  }

  private warn(index: number, reason: string): void {
    const { name } = this.producers[index]!;
    const now = this.tools.now();
    if (now - (this.warned.get(name) ?? -Infinity) < WARNING_INTERVAL) return;
    this.warned.set(name, now);
    this.tools.logger.warn('producer failed, the request is scheduled without it', {
      producer: name,
      reason,
    });
  }
}
