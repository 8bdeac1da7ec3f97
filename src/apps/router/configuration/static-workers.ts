import { setImmediate as nextTurn } from 'node:timers';
import type { EndpointSpec } from '../../../fleet/endpoint.js';
import type { Fleet } from '../../../fleet/fleet.js';
import type { Logger } from '../../../logging/logger.js';
import { specOf } from '../api/worker-request.js';
import { pairWorkers } from '../pairs/pair-workers.js';
import { isSame, type RouterOptions } from '../router.options.js';
import type { RouterConfig } from '../router.settings.js';

type StaticConfig = Pick<
  RouterConfig,
  'workerUrls' | 'prefill' | 'decode' | 'backend' | 'workerApiKey'
>;

/**
 * Workers of `--worker-urls`, `--prefill` and `--decode`: those that a changed file names are added, those that it names no more are drained.
 * Whoever came by the API or by discovery is left alone.
 */
export class StaticWorkers {
  private named = new Map<string, EndpointSpec>();
  /** Of these, those that drain because a file named them no more. */
  private readonly leaving = new Set<string>();

  constructor(
    private readonly fleet: Fleet,
    private readonly logger: Logger,
    options: RouterOptions,
  ) {
    options.onChange(['workerUrls', 'prefill', 'decode'], (config) => this.change(config));
    fleet.listen({ removed: ({ spec }) => this.left(spec) });
  }

  /** @param config found good by `checkConfig` */
  change(config: StaticConfig): void {
    const before = this.named;
    this.named = new Map();
    for (const spec of specsOf(config)) {
      const { url } = spec.address;
      if (this.named.has(url)) this.logger.warn('a worker is named twice', { worker: url });
      else this.named.set(url, spec);
    }
    for (const [url, spec] of before) if (!isSame(spec, this.named.get(url))) this.drain(url);
    for (const [url, spec] of this.named) if (!before.has(url)) this.fleet.add(spec);
  }

  private drain(url: string): void {
    const endpoints = this.fleet.find(url)?.filter(({ spec }) => spec.source === 'flags') ?? [];
    if (endpoints.length > 0) this.leaving.add(url);
    for (const endpoint of endpoints) this.fleet.remove(endpoint);
  }

  /** One that is wanted again by now comes back: it could not as long as it was draining. */
  private left({ address: { url } }: EndpointSpec): void {
    if (!this.leaving.has(url) || this.fleet.find(url)) return;
    this.leaving.delete(url);
    // Others have to hear of the leaving first.
    nextTurn(() => {
      const spec = this.named.get(url);
      if (spec) this.fleet.add(spec);
    });
  }
}

function specsOf(config: StaticConfig): EndpointSpec[] {
  const said = { external: config.backend === 'openai', apiKey: config.workerApiKey };
  const regular = config.workerUrls.map((url) => specOf(url, { source: 'flags', ...said }));
  return [...regular.filter((spec) => 'address' in spec), ...pairWorkers(config)];
}
