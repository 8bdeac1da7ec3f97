import { Controller, Get, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { Fleet } from '../../../fleet/fleet.js';
import { exchangeOf, type Exchange } from '../../../proxy/exchange.js';
import { RouterOptions } from '../router.options.js';
import { modelAliases } from '../routing/request-model.js';
import { answer } from './answer.js';
import { isDone, jsonIn, WorkerAsker, type Asked } from './worker-asker.js';

/** An entry of OpenAI's list of models. */
interface Model {
  readonly id: string;
  readonly [member: string]: unknown;
}

const PREFIX = '/v1/models/';

/** Which models there are: those of all workers, each once, and their aliases. */
@Controller('/v1/models')
export class ModelsController {
  private readonly started = Math.floor(Date.now() / 1000);

  constructor(
    private readonly fleet: Fleet,
    private readonly asker: WorkerAsker,
    private readonly options: RouterOptions,
  ) {}

  @Get()
  async list(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const models = await this.all(exchangeOf(request));
    answer(response, 200, { object: 'list', data: [...models.values()] });
  }

  /** @throws ProxyError model_not_found */
  @Get('/*id')
  async one(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const id = idIn(exchange);
    const model = (await this.all(exchange)).get(id);
    if (!model) throw new ProxyError('model_not_found', JSON.stringify(id));
    answer(response, 200, model);
  }

  private async all(exchange: Exchange): Promise<Map<string, Model>> {
    const ready = this.fleet.servers.filter(({ isReady }) => isReady);
    const told = await Promise.all(ready.map((endpoint) => this.of(exchange, endpoint)));
    const models = new Map<string, Model>();
    for (const model of told.flat()) if (!models.has(model.id)) models.set(model.id, model);
    for (const [alias, id] of modelAliases(this.options.config.modelAlias)) {
      const model = models.get(id);
      if (model && !models.has(alias)) models.set(alias, { ...model, id: alias, root: id });
    }
    return models;
  }

  private async of(exchange: Exchange, endpoint: Endpoint): Promise<Model[]> {
    const { modelId: id } = endpoint.spec;
    const plain = { object: 'model', created: this.started, owned_by: 'vllm' };
    if (id !== undefined) return [{ id, ...plain }];
    const told = modelsIn(await this.asker.one(exchange, endpoint, 'GET', '/v1/models'));
    return told.map((model) => ({ ...plain, ...model }));
  }
}

function modelsIn(asked: Asked): Model[] {
  const list = isDone(asked) ? (jsonIn(asked.body) as { data?: unknown }).data : undefined;
  if (!Array.isArray(list)) return [];
  return list.filter((model: Partial<Model> | null) => typeof model?.id === 'string') as Model[];
}

/** Ids may hold slashes, encoded or not. */
function idIn({ facts }: Exchange): string {
  const raw = facts.path.slice(PREFIX.length);
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
