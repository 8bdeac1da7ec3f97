import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { Endpoints, LifecycleListener, Producer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import { PRECISE_PREFIX_PRODUCER } from '../prefix-match.js';
import { PrecisePrefixCache } from '../producers/precise-prefix-cache-producer.js';
import { parameters, type PreciseParameters } from '../producers/precise/parameters.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';
import { TOKEN_PRODUCER } from '../token-count.js';
import { PrefixCacheScorer } from './prefix-cache-scorer.js';

/** A scorer that brings the producer along whose findings it scores. */
export class PrecisePrefixCacheScorer
  extends PrefixCacheScorer
  implements Producer, LifecycleListener
{
  /** @param own undefined where the configuration has one before it: what that finds is scored */
  constructor(
    producer: string,
    private readonly own: PrecisePrefixCache | undefined,
  ) {
    super({ producer, matchLengthWeight: 0, matchLengthScaleTokens: 8192 });
  }

  produce(request: InferenceRequest, endpoints: Endpoints): void | Promise<void> {
    return this.own?.produce(request, endpoints);
  }

  decided(request: InferenceRequest, result: SchedulingResult): void {
    this.own?.decided(request, result);
  }

  added(endpoint: ScheduledEndpoint): void {
    this.own?.added(endpoint);
  }

  removed(endpoint: ScheduledEndpoint): void {
    this.own?.removed(endpoint);
  }

  close(): void {
    this.own?.close();
  }
}

function create(given: PreciseParameters, tools: PluginTools): PrecisePrefixCacheScorer {
  if (!tools.plugin(PRECISE_PREFIX_PRODUCER)) {
    return new PrecisePrefixCacheScorer(tools.name, new PrecisePrefixCache(given, tools));
  }
  tools.logger.warn(`${tools.name}: there is a ${PRECISE_PREFIX_PRODUCER}: its parameters count`);
  return new PrecisePrefixCacheScorer(PRECISE_PREFIX_PRODUCER, undefined);
}

export const precisePrefixCacheScorer = definePlugin({
  type: 'precise-prefix-cache-scorer',
  kinds: ['scorer', 'producer'],
  summary:
    'precise-prefix-cache-producer and prefix-cache-scorer in one, as older configurations have it; where that producer stands before it, the part that this one finds.',
  parameters,
  needs: () => [TOKEN_PRODUCER],
  create,
});
