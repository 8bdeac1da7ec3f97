import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fleet } from '../../../fleet/fleet.js';
import { DrainState } from '../../../health/drain-state.js';
import { exchangeOf } from '../../../proxy/exchange.js';
import { answer } from './answer.js';
import { queryValue } from './query.js';
import { specOf } from './worker-request.js';

const POLL_MS = 20;
const MISSING = 'No worker is named: add ?url=http://HOST:PORT';

/** The worker API of older routers: the URL in the query, texts in the answers. */
@Controller()
export class LegacyController {
  constructor(
    private readonly fleet: Fleet,
    private readonly drain: DrainState,
  ) {}

  /** Answers when the worker is ready, or given up, or when this program ends. */
  @Post('/add_worker')
  async add(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const url = queryValue(exchange, 'url');
    if (url === '') return answer(response, 400, MISSING);
    const spec = specOf(url);
    if ('status' in spec) return answer(response, spec.status, spec.error);
    this.fleet.removeFailed(spec.address.url);
    const endpoints = this.fleet.add(spec);
    if (!endpoints) return answer(response, 409, `Worker ${url} already exists`);
    const isPending = (): boolean => endpoints.some(({ status }) => status === 'pending');
    while (isPending() && !exchange.ended && !this.drain.draining) {
      await sleep(POLL_MS);
    }
    if (exchange.ended) return;
    if (endpoints.every(({ isReady }) => isReady)) {
      answer(response, 200, `Successfully added worker: ${url}`);
      return;
    }
    for (const endpoint of endpoints) this.fleet.remove(endpoint);
    answer(response, 503, `Worker ${url} did not answer well: ${endpoints[0].reason ?? ''}`);
  }

  @Post('/remove_worker')
  remove(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const url = queryValue(exchangeOf(request), 'url');
    if (url === '') return answer(response, 400, MISSING);
    const endpoints = this.fleet.find(url);
    if (!endpoints) return answer(response, 404, `Worker ${url} not found`);
    for (const endpoint of endpoints) this.fleet.remove(endpoint);
    answer(response, 200, `Successfully removed worker: ${url}`);
  }

  @Get('/list_workers')
  list(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    answer(response, 200, { urls: this.fleet.all.map(({ id }) => id) });
  }
}
