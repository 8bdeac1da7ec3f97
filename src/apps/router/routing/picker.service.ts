import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import { Fleet } from '../../../fleet/fleet.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import { createPolicy, policyNameOf, type PolicyName } from '../../../policy/policies.js';
import type { Policy, RequestFeatures } from '../../../policy/policy.js';
import { policyOptions } from '../settings/policy.settings.js';
import { RouterOptions } from '../router.options.js';

/** Leaves out who cannot take a request, asks the policy about the others, and notes what it says. */
@Injectable()
export class Picker {
  private readonly policy: Policy;
  private readonly name: PolicyName;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly fleet: Fleet,
    { config }: RouterOptions,
    private readonly metrics: RouterMetrics,
  ) {
    this.name = policyNameOf(config.policy)!;
    const tools = { now: () => performance.now(), random: Math.random };
    this.policy = createPolicy(this.name, tools, policyOptions(config));
    fleet.listen({ removed: ({ id }) => this.policy.removed?.(id) });
    this.timer = setInterval(() => this.policy.tidy?.(), config.evictionIntervalSecs).unref();
  }

  /**
   * @param tried endpoints that failed this request: asked again only where nobody else is left
   * @throws ProxyError no_worker
   */
  pick(features: RequestFeatures, tried: ReadonlySet<Endpoint>): Endpoint {
    const usable = this.fleet.usable('regular');
    const untried = tried.size === 0 ? usable : usable.filter((endpoint) => !tried.has(endpoint));
    const candidates = untried.length > 0 ? untried : usable;
    if (candidates.length === 0) throw new ProxyError('no_worker', this.whyNone());
    const endpoint = candidates[this.policy.choose(candidates, features).index]!;
    this.metrics.decided(this.name, endpoint.id);
    return endpoint;
  }

  /** Whether a worker is left that did not fail this request yet. */
  hasOthers(tried: ReadonlySet<Endpoint>): boolean {
    return this.fleet.usable('regular').some((endpoint) => !tried.has(endpoint));
  }

  /** Its cache is empty: what it was sent before says nothing any more. */
  flushed({ id }: Endpoint): void {
    this.policy.removed?.(id);
  }

  close(): void {
    clearInterval(this.timer);
  }

  private whyNone(): string {
    const all = this.fleet.all;
    if (all.length === 0) return 'no worker is registered';
    return all.map(({ id, status, breaker }) => `${id}: ${status}, ${breaker.state}`).join('; ');
  }
}
