import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  HealthCheckService,
  HealthIndicatorService,
  type HealthCheckResult,
  type HealthIndicatorResult,
} from '@nestjs/terminus';
import { Logger } from '../logging/logger.js';
import { HealthRegistry } from './health-registry.service.js';
import type { ReadinessIndicator } from './readiness-indicator.js';

/** An indicator that takes longer counts as down. */
const CHECK_TIMEOUT_MS = 5_000;

/** An answer to a probe: status code and Terminus' report. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: HealthCheckResult;
}

/** Answers probes; logs a condition only when it changes. */
@Injectable()
export class HealthService {
  private readonly lastReady = new Map<string, boolean>();

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

  /** @returns 200 when every registered condition holds, else 503; never rejects */
  async readiness(): Promise<HealthAnswer> {
    const checks = this.registry.indicators.map((indicator) => () => this.check(indicator));
    try {
      return { status: 200, body: await this.terminus.check(checks) };
    } catch (error) {
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { status: 503, body: error.getResponse() as HealthCheckResult };
    }
  }

  private async check(indicator: ReadinessIndicator): Promise<HealthIndicatorResult> {
    const result = this.results.check(indicator.name);
    const { ready, message } = await readinessOf(indicator);
    this.logChange(indicator.name, ready, message);
    const detail = message === undefined ? {} : { message };
    return ready ? result.up(detail) : result.down(detail);
  }

  private logChange(name: string, ready: boolean, message: string | undefined): void {
    const before = this.lastReady.get(name);
    if (before === ready) return;
    this.lastReady.set(name, ready);
    const fields = { indicator: name, reason: message };
    if (!ready) this.logger.warn('not ready', fields);
    else if (before === false) this.logger.info('ready again', fields);
  }
}
