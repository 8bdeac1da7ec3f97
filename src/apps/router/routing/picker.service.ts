import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { Choice } from '../../../policy/policy.js';
import { ofPinnedRank, pinnedWorker, type Pins } from './pins.js';
import type { Decision } from './decision.js';
import { choiceEnd } from './spans.js';
import { Pools, type PolicyPool } from './pools.service.js';
import type { RoutedExchange } from './routed-exchange.js';
import type { RoutedRequest } from './routed-request.js';

/** An endpoint that gets a request. */
export interface Pick {
  readonly endpoint: Endpoint;
  /** Its breaker does not count: too few endpoints are left to be choosy. */
  readonly heedless: boolean;
}

/** Leaves out who cannot take a request, asks the policy about the others, and notes what it says. */
@Injectable()
export class Picker {
  constructor(
    private readonly pools: Pools,
    private readonly metrics: RouterMetrics,
  ) {}

  /**
   * @param tried endpoints that failed this request: asked again only where nobody else is left
   * @throws ProxyError no_worker
   */
  pick(
    role: EndpointRole,
    exchange: RoutedExchange,
    request: RoutedRequest,
    tried: ReadonlySet<Endpoint>,
  ): Pick {
    const entry = this.pools.of(role, request.model);
    const usable = entry.pool.candidates();
    const untried = tried.size === 0 ? usable : usable.filter((endpoint) => !tried.has(endpoint));
    const left = untried.length > 0 ? untried : usable;
    if (left.length === 0) throw new ProxyError('no_worker', whyNone(role, entry));
    const span = exchange.span?.child('pick');
    const { pins } = request;
    const pinned = pins && pinnedIn(entry, pins, tried);
    const candidates = pinned ? withPinned(left, pinned) : pins ? ofPinnedRank(pins, left) : left;
    const choice: Choice = pinned
      ? { index: candidates.indexOf(pinned), reason: 'x-smg-target-worker' }
      : entry.policy.choose(candidates, request.features);
    const endpoint = candidates[choice.index]!;
    const policy = pinned ? 'pinned' : entry.name;
    const decision: Decision = {
      at: performance.now(),
      role,
      policy,
      worker: endpoint.id,
      reason: choice.reason,
      candidates,
      loads: candidates.map(({ load }) => load),
      scores: choice.scores,
    };
    exchange.decisions.push(decision);
    span?.end(choiceEnd(decision));
    this.metrics.choices.decided(policy, endpoint.id, choice.reason);
    return { endpoint, heedless: entry.pool.isPanicking };
  }

  /** Whether a worker is left that did not fail this request yet. */
  hasOthers(role: EndpointRole, { model }: RoutedRequest, tried: ReadonlySet<Endpoint>): boolean {
    const { pool } = this.pools.of(role, model);
    return pool.candidates().some((endpoint) => !tried.has(endpoint));
  }
}

/** Of whatever priority it is. */
function pinnedIn(
  { pool }: PolicyPool,
  pins: Pins,
  tried: ReadonlySet<Endpoint>,
): Endpoint | undefined {
  if (pins.worker === undefined) return undefined;
  const usable = pool.ofEveryPriority().filter((endpoint) => !tried.has(endpoint));
  return pinnedWorker(pins, pool.members, usable);
}

function withPinned(candidates: readonly Endpoint[], pinned: Endpoint): readonly Endpoint[] {
  return candidates.includes(pinned) ? candidates : [...candidates, pinned];
}

/** For the log. */
function whyNone(role: EndpointRole, { pool }: PolicyPool): string {
  const { members } = pool;
  if (members.length === 0) return `no ${role} worker is registered`;
  return members.map(({ id, status, breaker }) => `${id}: ${status}, ${breaker.state}`).join('; ');
}
