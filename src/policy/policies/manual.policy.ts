import type { AssignmentMode } from '../assignment-modes.js';
import type { Candidate, Choice, Policy, PolicyTools, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { hashText } from '../structures/hash.js';
import { Member, Roster } from '../structures/roster.js';
import { Sessions } from '../structures/sessions.js';
import { leastLoaded, lowest } from './preference.js';
import { routingKeyOf, type RoutingKey } from './routing-key.js';

export interface ManualOptions {
  readonly assignmentMode: AssignmentMode;
  /** Milliseconds without a request after which a key is forgotten. */
  readonly maxIdle: number;
}

class Home extends Member {
  keys = 0;
}

/** At most two: the key's own, and the one that stood in for it last. */
type Homes = readonly [Home] | readonly [Home, Home];

/**
 * A key stays where its first request went, whoever comes later. While its endpoint cannot be used another one stands
 * in for it; when that can be used no more either, the newer of the two becomes the key's own and a third stands in.
 */
export class ManualPolicy implements Policy {
  private readonly roster = new Roster((id) => new Home(id));
  private readonly sessions: Sessions<Homes>;

  constructor(
    private readonly tools: PolicyTools,
    private readonly options: ManualOptions,
  ) {
    const ended = (homes: Homes): void => homes.forEach((home) => home.keys--);
    this.sessions = new Sessions(
      {
        get maxIdle() {
          return options.maxIdle;
        },
        ended,
      },
      () => tools.now(),
    );
  }

  /** For people. */
  private get mode(): string {
    return this.options.assignmentMode.replace('_', ' ');
  }

  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const key = routingKeyOf(request);
    if (!key) return { index: this.assign(candidates), reason: `no key, ${this.mode}` };
    this.roster.meet(candidates);
    const homes = this.sessions.get(key);
    for (const home of homes ?? []) {
      const index = this.roster.indexOf(home);
      if (index >= 0) return { index, reason: home === homes?.[0] ? 'key' : 'key, stand-in' };
    }
    const index = this.assign(candidates);
    this.remember(key, homes, this.roster.candidates[index]!);
    return { index, reason: `new key, ${this.mode}` };
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

  private assign(candidates: readonly Candidate[]): number {
    switch (this.options.assignmentMode) {
      case 'random':
        return Math.floor(this.tools.random() * candidates.length);
      case 'min_load':
        return leastLoaded(candidates);
      case 'min_group':
        this.roster.meet(candidates);
        return lowest(candidates, (_, i) => this.roster.candidates[i]!.keys);
    }
  }

  private remember(key: RoutingKey, before: Homes | undefined, home: Home): void {
    // An endpoint that has left for good is nobody's own any more.
    const left = (before ?? []).filter((known) => this.roster.get(known.id) === known).at(-1);
    const homes: Homes = left ? [left, home] : [home];
    this.sessions.set(key, homes);
    homes.forEach((each) => each.keys++);
  }
}

const defaults: ManualOptions = { assignmentMode: 'random', maxIdle: 4 * 3_600_000 };

export const manual = definePolicy({
  name: 'manual',
  aliases: [],
  defaults,
  create: (tools, options) => new ManualPolicy(tools, options),
});
