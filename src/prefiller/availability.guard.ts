import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import type { Target } from '../endpoint/target.js';
import { ProxyError } from '../errors/proxy.error.js';
import { exchangeIn, type Exchange, type PrefillRoute } from '../proxy/exchange.js';
import { Allowlist } from '../ssrf/allowlist.js';
import { PoolPrefillers } from './pool-prefillers.js';
import { Prefillers } from './prefillers.js';

/** So many more pods are asked at most: a request that kills prefillers must not get through all of them. */
const MAX_POOL_FALLBACKS = 3;
/** The least loaded of so many is as good as that of a thousand, and a request costs the same in any pool. */
const MOST_COMPARED = 32;

/**
 * Decides who is asked to prefill and in what order, and refuses a request whose prefillers are all left alone
 * by their circuit breakers, before its body is read.
 */
@Injectable()
export class AvailabilityGuard implements CanActivate {
  constructor(
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
    private readonly pool: PoolPrefillers,
    private readonly prefillers: Prefillers,
    private readonly allowlist: Allowlist,
  ) {}

  /**
   * @returns at once, unless a probe has to be asked for that several processes have in common
   * @throws ProxyError breaker_open
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const exchange = exchangeIn(context);
    const { route } = exchange;
    if (!route) return true;
    const candidates = this.toAsk(route);
    const claiming = this.prefillers.claimProbe(candidates);
    if (claiming) return this.admitWithProbe(exchange, candidates, claiming);
    return this.admit(exchange, candidates);
  }

  private admit(exchange: Exchange, candidates: readonly Target[]): boolean {
    if (!candidates.some((one) => this.prefillers.admits(one))) throw this.allOpen(candidates);
    exchange.route = { ...exchange.route!, candidates };
    return true;
  }

  private async admitWithProbe(
    exchange: Exchange,
    candidates: readonly Target[],
    claiming: Promise<() => void>,
  ): Promise<boolean> {
    const giveBack = await claiming;
    const { response } = exchange;
    if (response.closed) giveBack();
    else response.once('close', giveBack);
    return this.admit(exchange, candidates);
  }

  private toAsk({ candidates }: PrefillRoute): readonly Target[] {
    const { prefillerFallback } = this.config;
    if (prefillerFallback === 'none') return candidates.slice(0, 1);
    const others = prefillerFallback === 'pool' ? this.others(candidates) : [];
    return this.prefillers.healthyFirst([...candidates, ...others]);
  }

  /** Other pods, at the port of the candidate that was chosen: of a large pool a part, beginning anywhere. */
  private others(candidates: readonly Target[]): Target[] {
    const named = new Set(candidates.flatMap(({ host, addresses }) => addresses ?? [host]));
    const pods = this.pool.at(candidates[0]!.port);
    const others: Target[] = [];
    const start = Math.floor(Math.random() * pods.length);
    for (let i = 0; i < pods.length && others.length < MOST_COMPARED; i++) {
      const one = pods[(start + i) % pods.length]!;
      const mayBeAsked = this.prefillers.admits(one) && this.allowlist.stillAllows(one);
      if (mayBeAsked && !named.has(one.host)) others.push(one);
    }
    return this.prefillers.leastLoadedFirst(others).slice(0, MAX_POOL_FALLBACKS);
  }

  private allOpen(candidates: readonly Target[]): ProxyError {
    const wait = Math.min(...candidates.map((one) => this.prefillers.retryAfter(one)));
    const labels = candidates.map(({ label }) => label).join(', ');
    return new ProxyError('breaker_open', `the breaker is open for ${labels}`, {
      retryAfter: Math.max(Math.ceil(wait / 1000), 1),
    });
  }
}
