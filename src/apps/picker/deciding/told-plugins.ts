import type { HeaderPair } from '../../../ext-proc/decider.js';
import type { Logger } from '../../../logging/logger.js';
import type { EndCause, LifecycleListener } from '../../../scheduling/plugin.js';
import type { ScheduledEndpoint } from '../../../scheduling/scheduled-endpoint.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import type { PickedRequest } from './picked-request.js';

/** Tells plugins how requests go on. What one of them throws is reported, and changes nothing for the others. */
export class ToldPlugins {
  constructor(
    private readonly listeners: readonly LifecycleListener[],
    private readonly logger: Logger,
  ) {}

  decided(request: PickedRequest, result: SchedulingResult): void {
    for (const listener of this.listeners) {
      try {
        listener.decided?.(request, result);
      } catch (error) {
        this.report('decided', error);
      }
    }
  }

  /** @param served whose answer it is @returns what the client gets beside the headers of the model server */
  answerHeaders(
    request: PickedRequest,
    result: SchedulingResult,
    served: ScheduledEndpoint,
  ): HeaderPair[] {
    const set: HeaderPair[] = [];
    for (const listener of this.listeners) {
      try {
        const more = listener.answerHeaders?.(request, result, served);
        if (more) set.push(...more);
      } catch (error) {
        this.report('answerHeaders', error);
      }
    }
    return set;
  }

  ended(request: PickedRequest, result: SchedulingResult, cause: EndCause): void {
    for (const listener of this.listeners) {
      try {
        listener.ended?.(request, result, cause);
      } catch (error) {
        this.report('ended', error);
      }
    }
  }

  private report(when: string, error: unknown): void {
    this.logger.error('a plugin failed: this is a defect', { when, error });
  }
}
