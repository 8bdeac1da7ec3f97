import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fleet } from '../../../fleet/fleet.js';
import { exchangeOf } from '../../../proxy/exchange.js';
import { answer } from './answer.js';
import { Pools } from '../routing/pools.service.js';
import { isDone, WorkerAsker, type Asked } from './worker-asker.js';

interface Model {
  readonly id: string;
}

/** What is asked of all workers and answered as one. */
@Controller()
export class FleetController {
  constructor(
    private readonly fleet: Fleet,
    private readonly asker: WorkerAsker,
    private readonly pools: Pools,
  ) {}

  /** The models of all workers that answer, each once. */
  @Get('/v1/models')
  async models(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const ready = this.fleet.all.filter(({ isReady }) => isReady);
    const asked = await this.asker.all(exchangeOf(request), ready, 'GET', '/v1/models');
    const models = new Map<string, Model>();
    for (const model of asked.flatMap(modelsIn)) {
      if (!models.has(model.id)) models.set(model.id, model);
    }
    answer(response, 200, { object: 'list', data: [...models.values()] });
  }

  /** vLLM's `/load`; -1 where a worker does not tell. */
  @Get('/get_loads')
  async loads(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const asked = await this.asker.all(exchangeOf(request), this.fleet.all, 'GET', '/load');
    const workers = asked.map((one) => ({ worker: one.endpoint.id, load: loadIn(one) }));
    answer(response, 200, { workers });
  }

  /** vLLM's route, then SGLang's where a worker has none. */
  @Post('/flush_cache')
  async flush(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const { all } = this.fleet;
    const asked = await Promise.all(
      all.map(async (endpoint) => {
        const first = await this.asker.one(exchange, endpoint, 'POST', '/reset_prefix_cache');
        const isUnknown = 'status' in first && [404, 405].includes(first.status);
        return isUnknown ? this.asker.one(exchange, endpoint, 'POST', '/flush_cache') : first;
      }),
    );
    for (const one of asked) if (isDone(one)) this.pools.forget(one.endpoint);
    const failed = asked.filter((one) => !isDone(one));
    const flushed = asked.length - failed.length;
    if (failed.length === 0) {
      return answer(response, 200, {
        status: 'success',
        message: `Successfully flushed cache on all ${flushed} HTTP workers`,
        workers_flushed: flushed,
        total_http_workers: all.length,
        total_workers: all.length,
      });
    }
    answer(response, 206, {
      status: 'partial_success',
      message: `Cache flushed on ${flushed} of ${all.length} workers`,
      successful: asked.filter(isDone).map(({ endpoint }) => endpoint.id),
      failed: failed.map((one) => ({
        worker: one.endpoint.id,
        error: 'fault' in one ? one.fault : `status ${one.status}`,
      })),
    });
  }
}

function modelsIn(asked: Asked): Model[] {
  const list = isDone(asked) ? (parsed(asked.body) as { data?: unknown }).data : undefined;
  if (!Array.isArray(list)) return [];
  return list.filter((model: Partial<Model> | null) => typeof model?.id === 'string') as Model[];
}

function loadIn(asked: Asked): number {
  const load = isDone(asked)
    ? (parsed(asked.body) as { server_load?: unknown }).server_load
    : undefined;
  return typeof load === 'number' ? load : -1;
}

/** What is no JSON object says nothing. */
function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
