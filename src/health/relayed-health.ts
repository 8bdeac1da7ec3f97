import type { HealthAnswer, HealthService } from './health.service.js';

/** Asked instead of {@link HealthService} where another process of the program knows whether all is well. */
export class RelayedHealth implements Pick<HealthService, 'liveness' | 'readiness'> {
  /** @param ask rejects when nobody answers */
  constructor(private readonly ask: () => Promise<HealthAnswer>) {}

  liveness(): HealthAnswer {
    return { status: 200, body: { status: 'ok', info: {}, error: {}, details: {} } };
  }

  /** @returns the other's answer; 503 without one */
  readiness(): Promise<HealthAnswer> {
    return this.ask().catch(() => ({
      status: 503,
      body: { status: 'error', info: {}, error: {}, details: {} },
    }));
  }
}
