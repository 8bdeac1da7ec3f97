import { Tracing } from './tracing.js';

/** Tracing switched off: costs nothing and loads nothing. */
export class NoTracing extends Tracing {
  startRequest(): undefined {
    return undefined;
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}
