import type { Candidate, Choice, Policy, RequestFeatures } from '../policy.js';
import { definePolicy } from '../policy-definition.js';
import { hashText, scramble } from '../structures/hash.js';
import { Member, Roster } from '../structures/roster.js';
import { leastLoaded } from './preference.js';
import { routingKeyOf } from './routing-key.js';

const { imul } = Math;

class Hashed extends Member {
  readonly hash = hashText(this.id) | 0;
}

/**
 * Requests of one session go to the endpoint whose name and the session's key have the highest hash (Thaler and
 * Ravishankar, 1998). Spreads sessions more evenly than a ring; looks at every endpoint each time.
 */
export class RendezvousHashPolicy implements Policy {
  private readonly roster = new Roster((id) => new Hashed(id));

  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice {
    const key = routingKeyOf(request);
    if (!key) return { index: leastLoaded(candidates), reason: 'no key, least load' };
    this.roster.meet(candidates);
    const bits = scramble(key.hash ^ (key.hash / 2 ** 32));
    const index = this.highest(bits);
    const choice = { index, reason: key.isSession ? 'hash of session' : 'hash of text' };
    if (!request.explain) return choice;
    const scores = this.roster.candidates.map(({ hash }) => scoreOf(bits, hash) / 2 ** 32);
    return { ...choice, scores };
  }

  removed(id: string): void {
    this.roster.remove(id);
  }

  private highest(key: number): number {
    const members = this.roster.candidates;
    let best = 0;
    let most = -1;
    for (let i = 0; i < members.length; i++) {
      const { id, hash } = members[i]!;
      const score = scoreOf(key, hash);
      if (score < most || (score === most && id >= members[best]!.id)) continue;
      best = i;
      most = score;
    }
    return best;
  }
}

function scoreOf(key: number, member: number): number {
  return scramble(imul(key, 0x5f356495) ^ member);
}

export const rendezvousHash = definePolicy({
  name: 'rendezvous_hash',
  aliases: [],
  defaults: {},
  create: () => new RendezvousHashPolicy(),
});
