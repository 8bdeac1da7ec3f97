import type { Candidate, Choice, Policy, PolicyTools, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { hashText } from '../structures/hash.js';
import { Member, Roster } from '../structures/roster.js';
import { Sessions } from '../structures/sessions.js';
import { leastLoaded, lowest } from './preference.js';
import { routingKeyOf, type RoutingKey } from './routing-key.js';

export interface StickyLeastLoadedOptions {
  /** Milliseconds without a request after which a session is over. */
  readonly sessionMaxIdle: number;
}

class Home extends Member {
  sessions = 0;
}

/**
 * A new session goes to the endpoint that has the fewest, and stays there. It moves, for good, when its endpoint cannot
 * be used: from then on the other one has its KV cache.
 */
export class StickyLeastLoadedPolicy implements Policy {
  private readonly roster = new Roster((id) => new Home(id));
  private readonly sessions: Sessions<Home>;

  constructor(tools: PolicyTools, { sessionMaxIdle }: StickyLeastLoadedOptions) {
    const ended = (home: Home): void => void home.sessions--;
    this.sessions = new Sessions({ maxIdle: sessionMaxIdle, ended }, () => tools.now());
  }

  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const key = routingKeyOf(request);
    if (!key) return { index: leastLoaded(candidates), reason: 'no key, least load' };
    this.roster.meet(candidates);
    const home = this.sessions.get(key);
    const known = home ? this.roster.indexOf(home) : -1;
    if (known >= 0) return { index: known, reason: 'session' };
    return this.settle(candidates, key, request.explain);
  }

  removed(id: string): void {
    this.roster.remove(id);
  }

  sessionEnded(key: string): void {
    this.sessions.end(hashText(key));
  }

  tidy(): void {
    this.sessions.tidy();
  }

  private settle(candidates: readonly Candidate[], key: RoutingKey, explain = false): Choice {
    const homes = this.roster.candidates;
    const scores = explain ? { scores: homes.map(({ sessions }) => -sessions) } : undefined;
    const index = lowest(candidates, (_, i) => homes[i]!.sessions);
    const home = homes[index]!;
    this.sessions.set(key, home);
    home.sessions++;
    return { index, reason: 'fewest sessions', ...scores };
  }
}

const defaults: StickyLeastLoadedOptions = { sessionMaxIdle: 2 * 3_600_000 };

export const stickyLeastLoaded = definePolicy({
  name: 'sticky_least_loaded',
  aliases: [],
  defaults,
  create: (tools, options) => new StickyLeastLoadedPolicy(tools, options),
});
