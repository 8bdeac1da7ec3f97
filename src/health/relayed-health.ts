import type { HealthAnswer, HealthService } from './health.service.js';

/** Asks another process whether all is well, or all that one data-parallel rank needs. */
export type AskReadiness = (rank?: number) => Promise<HealthAnswer>;

/** Asked instead of {@link HealthService} where another process of the program knows whether all is well. */
export class RelayedHealth implements Pick<HealthService, 'liveness' | 'readiness'> {
  /** @param ask rejects when nobody answers */
  constructor(private readonly ask: AskReadiness) {}

  liveness(): HealthAnswer {
    return { status: 200, body: { status: 'ok', info: {}, error: {}, details: {} } };
  }

  /** @returns the other's answer; 503 without one */
  readiness(rank?: number): Promise<HealthAnswer> {
    return this.ask(rank).catch(() => ({
      status: 503,
      body: { status: 'error', info: {}, error: {}, details: {} },
    }));
  }
}
