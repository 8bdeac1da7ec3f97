import type { Readiness, ReadinessIndicator } from './readiness-indicator.js';

/** Not ready while none of the processes that serve clients does. */
export class WorkersHealth implements ReadinessIndicator {
  readonly name = 'workers';

  /** @param serving how many of them do */
  constructor(private readonly serving: () => number) {}

  check(): Readiness {
    return this.serving() > 0 ? { ready: true } : { ready: false, message: 'none serves' };
  }
}
