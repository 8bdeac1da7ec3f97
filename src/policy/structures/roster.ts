import type { Candidate } from '../policy.js';

/** What a policy remembers of an endpoint. */
export class Member {
  /** Index among the candidates of the meeting numbered {@link Member.meeting}. */
  index = -1;
  meeting = 0;

  constructor(readonly id: string) {}
}

const NOBODY: readonly never[] = [];

/**
 * The endpoints that a policy knows, those that cannot be chosen now too. It finds an endpoint's index without a
 * search, and looks through the candidates only when they are others than those before.
 */
export class Roster<M extends Member> {
  private readonly members = new Map<string, M>();
  private met: readonly Candidate[] = NOBODY;
  private present: M[] = [];
  private meeting = 1;

  /** @param make makes what is remembered of an endpoint that is new */
  constructor(private readonly make: (id: string) => M) {}

  /** @returns those that nobody knew before @param candidates for the next calls of this roster */
  meet(candidates: readonly Candidate[]): readonly M[] {
    if (candidates === this.met && candidates.length === this.present.length) return NOBODY;
    this.met = candidates;
    if (this.isPresent(candidates)) return NOBODY;
    const newcomers: M[] = [];
    this.meeting++;
    this.present = candidates.map(({ id }, index) => {
      const member = this.members.get(id) ?? this.welcome(id, newcomers);
      member.index = index;
      member.meeting = this.meeting;
      return member;
    });
    return newcomers;
  }

  /** @returns where it is among the candidates, -1 where it is none of them */
  indexOf(member: M): number {
    return member.meeting === this.meeting ? member.index : -1;
  }

  /** @returns what is remembered of each candidate, in their order */
  get candidates(): readonly M[] {
    return this.present;
  }

  get(id: string): M | undefined {
    return this.members.get(id);
  }

  /** @returns how many are known */
  get size(): number {
    return this.members.size;
  }

  /** @returns all that are known */
  all(): Iterable<M> {
    return this.members.values();
  }

  /** @returns the one that is known no more; undefined where nobody knew it */
  remove(id: string): M | undefined {
    const member = this.members.get(id);
    if (!member) return undefined;
    this.members.delete(id);
    member.meeting = 0;
    this.met = NOBODY;
    this.present = [];
    return member;
  }

  private isPresent(candidates: readonly Candidate[]): boolean {
    if (candidates.length !== this.present.length) return false;
    for (let i = 0; i < candidates.length; i++) {
      if (candidates[i]!.id !== this.present[i]!.id) return false;
    }
    return true;
  }

  private welcome(id: string, newcomers: M[]): M {
    const member = this.make(id);
    this.members.set(id, member);
    newcomers.push(member);
    return member;
  }
}
