import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { Logger } from '../logging/logger.js';
import { HealthRegistry } from './health-registry.service.js';
import type { Readiness, ReadinessIndicator } from './readiness-indicator.js';

/** An indicator that takes longer counts as down. */
const CHECK_TIMEOUT_MS = 5_000;

/** An answer to a probe: status code and Terminus' report. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: HealthCheckResult;
}

/** Answers probes, and logs a condition when it changes. */
@Injectable()
export class HealthService {
  constructor(
    private readonly terminus: HealthCheckService,
    private readonly results: HealthIndicatorService,
    private readonly registry: HealthRegistry,
    private readonly logger: Logger,
  ) {}

  /** @returns 200 always: a process that answers is alive, whatever its decoder does */
  liveness(): HealthAnswer {
    return { status: 200, body: { status: 'ok', info: {}, error: {}, details: {} } };
  }

  /**
   * @param rank leaves out what speaks of another data-parallel rank
   * @returns 200 when every registered condition holds, else 503
   */
  async readiness(rank?: number): Promise<HealthAnswer> {
    const checks = this.registry.indicators
      .filter((one) => rank === undefined || one.rank === undefined || one.rank === rank)
      .map((indicator) => () => this.check(indicator));
    try {
      return { status: 200, body: await this.terminus.check(checks) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { status: 503, body: error.getResponse() as HealthCheckResult };
    }
  }

  private async check(indicator: ReadinessIndicator): Promise<HealthIndicatorResult> {
    const { name } = indicator;
    let message: string | undefined;
    const result = await this.results
      .check(name)
      .attempt(async () => {
        const readiness = await this.ask(indicator);
        message = readiness.message;
        if (!readiness.ready) throw new Error(message);
        return message === undefined ? {} : { message };
      })
      .withTimeout(CHECK_TIMEOUT_MS);
    this.logChange(name, result[name]?.status === 'up', message);
    return result;
  }

  /** A defect of an indicator counts as down; what it threw goes to the log, not to the caller. */
  private async ask(indicator: ReadinessIndicator): Promise<Readiness> {
    try {
      return await indicator.check();
    } catch (error) {
      this.logger.debug('health indicator failed', { indicator: indicator.name, error });
      return { ready: false, message: 'the check failed' };
    }
  }

  private logChange(indicator: string, ready: boolean, reason: string | undefined): void {
    const before = this.registry.recordReadiness(indicator, ready);
    if (before === ready) return;
    if (!ready) this.logger.warn('not ready', { indicator, reason });
    else if (before === false) this.logger.info('ready again', { indicator });
  }
}
