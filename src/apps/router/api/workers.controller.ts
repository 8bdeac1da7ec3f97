import { Controller, Delete, Get, Post, Put, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fleet, type ServerEndpoints } from '../../../fleet/fleet.js';
import { exchangeOf } from '../../../proxy/exchange.js';
import { answer, type AdminError } from './answer.js';
import { readAdminBody } from './admin-body.js';
import { Pools } from '../routing/pools.service.js';
import { readWorkerRequest, readWorkerUpdate } from './worker-request.js';
import { workerList, workerRow } from './worker-row.js';

/** The worker API: who is there, who comes, who goes. */
@Controller('/workers')
export class WorkersController {
  constructor(
    private readonly fleet: Fleet,
    private readonly pools: Pools,
  ) {}

  @Get()
  list(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    answer(
      response,
      200,
      workerList(this.fleet.all, (endpoint) => this.pools.policyOf(endpoint)),
    );
  }

  /** 202 at once: whether the worker answers is found out behind it, and shown in its row. */
  @Post()
  async add(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const spec = readWorkerRequest(await readAdminBody(exchangeOf(request)));
    if ('status' in spec) return refuse(response, spec);
    const { url } = spec.address;
    this.fleet.removeFailed(url);
    const [endpoint] = this.fleet.add(spec) ?? [];
    if (!endpoint) {
      const error = `${url} is a worker already`;
      return refuse(response, { status: 409, code: 'WORKER_ALREADY_EXISTS', error });
    }
    const id = endpoint.uuid.split('@', 1)[0]!;
    const location = `/workers/${id}`;
    const body = {
      status: 'accepted',
      worker_id: id,
      url,
      location,
      message: 'Worker addition queued for background processing',
    };
    answer(response, 202, body, { Location: location });
  }

  @Get('/*name')
  one(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const [endpoint] = this.named(request) ?? [];
    if (endpoint) answer(response, 200, workerRow(endpoint, this.pools.policyOf(endpoint)));
    else refuse(response, notFound(request));
  }

  @Put('/*name')
  async update(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const change = readWorkerUpdate(await readAdminBody(exchangeOf(request)));
    if ('status' in change) return refuse(response, change);
    const endpoints = this.named(request);
    if (!endpoints) return refuse(response, notFound(request));
    for (const endpoint of endpoints) this.fleet.update(endpoint, change);
    const message = 'Worker update queued for background processing';
    answer(response, 202, { status: 'accepted', worker_id: endpoints[0].uuid, message });
  }

  @Delete('/*name')
  remove(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const endpoints = this.named(request);
    if (!endpoints) return refuse(response, notFound(request));
    for (const endpoint of endpoints) this.fleet.remove(endpoint);
    const message = 'Worker removal queued for background processing';
    const body = { status: 'accepted', worker_id: endpoints[0].uuid, message };
    answer(response, 202, body);
  }

  private named(request: IncomingMessage): ServerEndpoints | undefined {
    return this.fleet.find(nameIn(request));
  }
}

/** What follows `/workers/`: an id, a URL, or a URL that was percent-encoded. */
function nameIn(request: IncomingMessage): string {
  const raw = exchangeOf(request).facts.path.slice('/workers/'.length);
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

function notFound(request: IncomingMessage): AdminError {
  const error = `no worker is named ${nameIn(request)}: GET /workers lists them`;
  return { status: 404, code: 'WORKER_NOT_FOUND', error };
}

function refuse(response: ServerResponse, { status, code, error }: AdminError): void {
  answer(response, status, { error, code });
}
