import { Controller, Get, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fleet } from '../../../fleet/fleet.js';
import { DrainState } from '../../../health/drain-state.js';
import { answer } from './answer.js';

/** Am I alive, and is there a worker? The routes of vllm-router. */
@Controller()
export class RouterHealthController {
  constructor(
    private readonly fleet: Fleet,
    private readonly drain: DrainState,
  ) {}

  @Get('/liveness')
  liveness(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    answer(response, 200, 'OK');
  }

  @Get('/readiness')
  readiness(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const { all } = this.fleet;
    const healthy = all.filter(({ isReady }) => isReady).length;
    const reason = this.drain.draining
      ? 'shutting down'
      : healthy === 0
        ? 'no healthy worker'
        : undefined;
    const body =
      reason === undefined
        ? { status: 'ready', healthy_workers: healthy, total_workers: all.length }
        : { status: 'not_ready', reason };
    answer(response, reason === undefined ? 200 : 503, body);
  }

  @Get('/health')
  health(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const { all } = this.fleet;
    const bad = all.filter(({ isReady }) => !isReady).map(({ id }) => id);
    if (all.length === 0) answer(response, 503, 'No servers');
    else if (bad.length === 0) answer(response, 200, 'All servers healthy');
    else answer(response, 503, `Unhealthy servers: ${JSON.stringify(bad)}`);
  }
}
