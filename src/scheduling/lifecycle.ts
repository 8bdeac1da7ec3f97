import { reasonOf } from '../config/config-error.js';
import type { Logger } from '../logging/logger.js';
import type { InferenceRequest } from './inference-request.js';
import type { NamedPlugin } from './picker-setup.js';
import type { EndCause, LifecycleListener } from './plugin.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';
import type { SchedulingResult } from './scheduling-result.js';

type Listeners = readonly NamedPlugin<LifecycleListener>[];
type Headers = SchedulingResult['headers'];

const NO_HEADERS: Headers = [];

/** Tells plugins how requests go on. What one of them throws is logged and does not reach the others. */
export class Lifecycle {
  private readonly decidedListeners: Listeners;
  private readonly answerListeners: Listeners;
  private readonly endedListeners: Listeners;

  constructor(
    private readonly listeners: Listeners,
    private readonly logger: Logger,
  ) {
    this.decidedListeners = listeners.filter(({ plugin }) => plugin.decided);
    this.answerListeners = listeners.filter(({ plugin }) => plugin.answerHeaders);
    this.endedListeners = listeners.filter(({ plugin }) => plugin.ended);
  }

  /** See {@link LifecycleListener.decided}. */
  decided(request: InferenceRequest, result: SchedulingResult): void {
    for (const listener of this.decidedListeners) {
      try {
        listener.plugin.decided!(request, result);
      } catch (error) {
        this.tell(listener, error);
      }
    }
  }

  /** See {@link LifecycleListener.answerHeaders}. */
  answerHeaders(
    request: InferenceRequest,
    result: SchedulingResult,
    served: ScheduledEndpoint,
  ): Headers {
    let all = NO_HEADERS;
    for (const listener of this.answerListeners) {
      try {
        const headers = listener.plugin.answerHeaders!(request, result, served);
        if (headers.length > 0) all = all.length > 0 ? [...all, ...headers] : headers;
      } catch (error) {
        this.tell(listener, error);
      }
    }
    return all;
  }

  /** See {@link LifecycleListener.ended}. */
  ended(request: InferenceRequest, result: SchedulingResult, cause: EndCause): void {
    for (const listener of this.endedListeners) {
      try {
        listener.plugin.ended!(request, result, cause);
      } catch (error) {
        this.tell(listener, error);
      }
    }
  }

  /** The endpoint is gone for good. */
  removed(endpoint: ScheduledEndpoint): void {
    for (const listener of this.listeners) {
      try {
        listener.plugin.removed?.(endpoint);
      } catch (error) {
        this.tell(listener, error);
      }
    }
  }

  /** Ends what runs by itself. */
  close(): void {
    for (const listener of this.listeners) {
      try {
        listener.plugin.close?.();
      } catch (error) {
        this.tell(listener, error);
      }
    }
  }

  private tell({ name }: NamedPlugin, error: unknown): void {
    this.logger.error('plugin failed', { plugin: name, reason: reasonOf(error) });
  }
}
