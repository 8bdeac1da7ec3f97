import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { Fleet } from '../../../fleet/fleet.js';
import { exchangeOf } from '../../../proxy/exchange.js';
import { answer } from './answer.js';
import { queryValue } from './query.js';
import { Pools } from '../routing/pools.service.js';
import { isDone, jsonIn, WorkerAsker, type Asked } from './worker-asker.js';

/** What is asked of all workers and answered as one. */
@Controller()
export class FleetController {
  constructor(
    private readonly fleet: Fleet,
    private readonly asker: WorkerAsker,
    private readonly pools: Pools,
  ) {}

  /** vLLM's `/load`; -1 where a worker does not tell, null where it is no engine. */
  @Get('/get_loads')
  async loads(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const workers = this.fleet.servers.map(async (endpoint) => {
      const { external, address } = endpoint.spec;
      if (external) return { worker: address.url, load: null };
      const asked = await this.asker.one(exchange, endpoint, 'GET', '/load');
      return { worker: address.url, load: loadIn(asked) };
    });
    answer(response, 200, { workers: await Promise.all(workers) });
  }

  /** A session is over: who remembers where it went forgets it. */
  @Post('/finish_session')
  finish(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const session = queryValue(exchangeOf(request), 'session_id');
    if (session === '') {
      const error = 'no session is named: add ?session_id=ID';
      return answer(response, 400, { error, code: 'BAD_REQUEST' });
    }
    this.pools.sessionEnded(session);
    answer(response, 200, { status: 'success', session_id: session });
  }

  /** Those of the router are at its metrics port, those of a worker at the worker. */
  @Get('/metrics')
  metrics(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    answer(response, 404, "Metrics are at the router's --prometheus-port.");
  }

  /** vLLM's route, then SGLang's where a worker has none. */
  @Post('/flush_cache')
  async flush(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const all = this.fleet.servers.filter(({ spec }) => !spec.external);
    const asked = await Promise.all(
      all.map(async (endpoint) => {
        const first = await this.asker.one(exchange, endpoint, 'POST', '/reset_prefix_cache');
        const isUnknown = 'status' in first && [404, 405].includes(first.status);
        return isUnknown ? this.asker.one(exchange, endpoint, 'POST', '/flush_cache') : first;
      }),
    );
    for (const one of asked) if (isDone(one)) this.forget(one.endpoint);
    const failed = asked.filter((one) => !isDone(one));
    const flushed = asked.length - failed.length;
    if (failed.length === 0) {
      return answer(response, 200, {
        status: 'success',
        message: `Successfully flushed cache on all ${flushed} HTTP workers`,
        workers_flushed: flushed,
        total_http_workers: all.length,
        total_workers: this.fleet.servers.length,
      });
    }
    answer(response, 206, {
      status: 'partial_success',
      message: `Cache flushed on ${flushed} of ${all.length} workers`,
      successful: asked.filter(isDone).map(({ endpoint }) => endpoint.spec.address.url),
      failed: failed.map((one) => ({
        worker: one.endpoint.spec.address.url,
        error: 'fault' in one ? one.fault : `status ${one.status}`,
      })),
    });
  }

  private forget({ spec }: Endpoint): void {
    for (const rank of this.fleet.find(spec.address.url) ?? []) this.pools.forget(rank);
  }
}

function loadIn(asked: Asked): number {
  const load = isDone(asked)
    ? (jsonIn(asked.body) as { server_load?: unknown }).server_load
    : undefined;
  return typeof load === 'number' ? load : -1;
}
