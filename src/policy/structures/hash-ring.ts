import type { Candidate } from '../policy.js';
import { hashText, mix } from './hash.js';
import { RingPoints } from './ring-points.js';
import { Member, Roster } from './roster.js';

/** Points of each endpoint on the ring: with 160 the shares of the endpoints differ by 8 % (standard deviation). */
const POINTS = 160;

class Owner extends Member {
  slot = -1;
}

/**
 * Consistent hashing (Karger and others, 1997). Each key belongs to the endpoint whose point follows on the ring; when
 * an endpoint comes or goes only the keys change that it gets or had, and those it had spread over all others.
 *
 * Endpoints that cannot be chosen now stay on the ring and are passed over, which comes to the same as a ring without
 * them: it changes only when an endpoint is new or has left. It is the same whatever their order.
 */
export class HashRing {
  private readonly roster = new Roster((id) => new Owner(id));
  /** By slot; undefined where it is free. */
  private readonly owners: (Owner | undefined)[] = [];
  private points = RingPoints.ofLength(0);

  /** @param candidates whom {@link HashRing.find} chooses from; at least one */
  meet(candidates: readonly Candidate[]): void {
    const newcomers = this.roster.meet(candidates);
    if (newcomers.length > 0) this.add(newcomers);
  }

  /**
   * @param key a hash; @param accepts asked of one candidate after the other, by its index, until it says yes; it may be
   * asked of the same one again
   * @returns the index of the first accepted candidate behind the key; -1 where none is
   */
  find(key: number, accepts?: (index: number) => boolean): number {
    const { owners, roster } = this;
    const { length, slots } = this.points;
    let at = this.points.firstFrom(key >>> 0);
    for (let left = length; left > 0; left--) {
      if (at === length) at = 0;
      const index = roster.indexOf(owners[slots[at++]!]!);
      if (index >= 0 && (!accepts || accepts(index))) return index;
    }
    return -1;
  }

  remove(id: string): void {
    const owner = this.roster.remove(id);
    if (!owner) return;
    this.points = this.points.without(owner.slot);
    this.owners[owner.slot] = undefined;
  }

  private add(newcomers: readonly Owner[]): void {
    const positions: number[] = [];
    const slots: number[] = [];
    let slot = 0;
    for (const owner of newcomers) {
      while (this.owners[slot]) slot++;
      this.owners[slot] = owner;
      owner.slot = slot;
      const hash = hashText(owner.id);
      for (let i = 0; i < POINTS; i++) {
        positions.push(mix(hash, i));
        slots.push(slot);
      }
    }
    const before = (a: number, b: number): boolean => this.owners[a]!.id < this.owners[b]!.id;
    this.points = this.points.with(RingPoints.of(positions, slots, before), before);
  }
}
