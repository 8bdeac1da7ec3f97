import type { IncomingMessage, ServerResponse } from 'node:http';
import { All, Controller, Get, Post, Req, Res } from '@nestjs/common';
import { Engine } from '../engine/engine.service.js';
import { randomId, sendJson } from '../http/exchange.js';
import { SimulatorOptions } from '../simulator.options.js';
import { VLLM_VERSION } from './fingerprint.js';

const POST_ONLY = [
  'v1/chat/completions',
  'v1/completions',
  'v1/responses',
  'v1/messages',
  'v1/messages/count_tokens',
  'inference/v1/generate',
  'tokenize',
  'detokenize',
];

/** What is asked of a server beside generation: models, health, version and metrics. */
@Controller()
export class OperationsController {
  constructor(
    private readonly options: SimulatorOptions,
    private readonly engine: Engine,
  ) {}

  @Get('v1/models')
  models(@Req() request: IncomingMessage, @Res() response: ServerResponse): void {
    const { model, maxModelLen, apiKey } = this.options.config;
    if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
      sendJson(response, 401, { error: 'Unauthorized' });
      return;
    }
    const created = Math.floor(Date.now() / 1000);
    const permission = {
      id: `modelperm-${randomId()}`,
      object: 'model_permission',
      created,
      allow_create_engine: false,
      allow_sampling: true,
      allow_logprobs: true,
      allow_search_indices: false,
      allow_view: true,
      allow_fine_tuning: false,
      organization: '*',
      group: null,
      is_blocking: false,
    };
    const card = {
      id: model,
      object: 'model',
      created,
      owned_by: 'vllm',
      root: model,
      parent: null,
      max_model_len: maxModelLen,
      permission: [permission],
    };
    sendJson(response, 200, { object: 'list', data: [card] });
  }

  @Get('health')
  health(@Res() response: ServerResponse): void {
    response.writeHead(this.engine.isAlive ? 200 : 503, { 'content-length': 0 }).end();
  }

  @All('ping')
  ping(@Res() response: ServerResponse): void {
    this.health(response);
  }

  @Get('version')
  version(@Res() response: ServerResponse): void {
    sendJson(response, 200, { version: VLLM_VERSION });
  }

  @Get('load')
  load(@Res() response: ServerResponse): void {
    sendJson(response, 200, { server_load: 0 });
  }

  @Get('kv_event_sources')
  kvEventSources(@Res() response: ServerResponse): void {
    sendJson(response, 200, this.engine.kvEvents.sources);
  }

  @Post('reset_prefix_cache')
  resetPrefixCache(@Res() response: ServerResponse): void {
    this.engine.resetPrefixCache();
    response.writeHead(200, { 'content-length': 0 }).end();
  }

  @Get('metrics')
  metrics(@Res() response: ServerResponse): void {
    const body = this.engine.exposeMetrics();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(body);
  }

  @All(POST_ONLY)
  methodNotAllowed(@Res() response: ServerResponse): void {
    response.setHeader('allow', 'POST');
    sendJson(response, 405, { detail: 'Method Not Allowed' });
  }
}
