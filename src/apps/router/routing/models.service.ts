import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import { takesJson } from '../front/routes.js';
import { Pools } from './pools.service.js';
import type { RoutedExchange } from './routed-exchange.js';
import type { RoutedRequest } from './routed-request.js';

/** Which model a request is for, where models are told apart (`--enable-igw`). */
@Injectable()
export class Models {
  constructor(private readonly pools: Pools) {}

  /**
   * @returns the request with the model that it goes to; without one it may go to any worker
   * @throws ProxyError no_worker as long as no worker has told its models; model_not_found; model_missing where there
   *   are several and the route needs one
   */
  resolve(exchange: RoutedExchange, request: RoutedRequest): RoutedRequest {
    if (!this.pools.byModel) return request;
    const { models } = this.pools;
    const { model } = request;
    if (model !== undefined) {
      if (models.has(model)) return request;
      if (models.size === 0) throw new ProxyError('no_worker', NO_MODELS);
      throw new ProxyError(
        'model_not_found',
        `${JSON.stringify(model)} is none of ${list(models)}`,
      );
    }
    if (!takesJson(exchange.facts.path)) return request;
    const [only, ...others] = models;
    if (only === undefined) throw new ProxyError('no_worker', NO_MODELS);
    if (others.length > 0) throw new ProxyError('model_missing', `there are ${list(models)}`);
    exchange.model = only;
    return { ...request, model: only };
  }
}

const NO_MODELS = 'no worker is there whose models are known';

function list(models: ReadonlySet<string>): string {
  return [...models].join(', ') || 'no models';
}
