import { Controller, Get, Header, Param, Res } from '@nestjs/common';
import type { HealthCheckResult } from '@nestjs/terminus';
// By another name: decorators would look up the global Response, and with it load all of undici.
import type { Response as ExpressResponse } from 'express';
import { HealthService } from './health.service.js';

/** The probes of Kubernetes: is it alive, may it be sent requests. GET and HEAD. */
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** Liveness: 200 as long as the process serves, also while it drains. */
  @Get()
  @Header('cache-control', 'no-store')
  liveness(): HealthCheckResult {
    return this.health.liveness().body;
  }

  /**
   * Readiness: 200, or 503 with what is missing.
   *
   * @param rank of the path that a data-parallel rank's port puts in place of the client's
   */
  @Get(['ready', 'ready/:rank'])
  @Header('cache-control', 'no-store')
  async readiness(
    @Res({ passthrough: true }) response: ExpressResponse,
    @Param('rank') rank?: string,
  ): Promise<HealthCheckResult> {
    const { status, body } = await this.health.readiness(rank === undefined ? rank : Number(rank));
    response.status(status);
    return body;
  }
}
