import type { DrainState } from './drain-state.js';
import type { Readiness, ReadinessIndicator } from './readiness-indicator.js';

/** Not ready once the shutdown has begun, so that Kubernetes stops sending requests. */
export class DrainHealth implements ReadinessIndicator {
  readonly name = 'shutdown';

  constructor(private readonly drain: DrainState) {}

  check(): Readiness {
    return this.drain.draining ? { ready: false, message: 'draining' } : { ready: true };
  }
}
