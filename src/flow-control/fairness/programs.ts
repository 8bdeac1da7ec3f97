/** Programs that are remembered: beyond, the one goes that asked for nothing for the longest. */
const MOST = 65_536;

/** What is known of a program: of all the requests with one fairness id. */
export interface Program {
  /** Weighted tokens that it got, at `at`; less with time. */
  service: number;
  at: number;
  /** Requests that went on. */
  turns: number;
  /** When one ended last; -Infinity before the first. */
  endedAt: number;
}

export interface ProgramTimes {
  /** Milliseconds in which service counts half; 0: it counts for ever. */
  readonly halfLife: number;
  /** Milliseconds after which an idle program is forgotten. */
  readonly keptFor: number;
  /** Milliseconds between looks for such. */
  readonly lookEvery: number;
}

/** The programs that asked for something of late. */
export class Programs {
  /** The one first that asked for nothing for the longest. */
  private readonly all = new Map<string, Program>();
  private lookedAt: number;

  constructor(
    private readonly times: ProgramTimes,
    private readonly now: () => number,
  ) {
    this.lookedAt = now();
  }

  get size(): number {
    return this.all.size;
  }

  known(id: string): Program | undefined {
    return this.all.get(id);
  }

  /** @returns the tokens that it got, as far as they count still */
  serviceOf(id: string): number {
    const program = this.all.get(id);
    return program ? this.decayed(program, this.now()) : 0;
  }

  /** Adds tokens, or takes some away that were not used. */
  charge(id: string, tokens: number): Program {
    const now = this.now();
    const program = this.use(id, now);
    program.service = Math.max(0, this.decayed(program, now) + tokens);
    program.at = now;
    return program;
  }

  private decayed({ service, at }: Program, now: number): number {
    const { halfLife } = this.times;
    return halfLife > 0 ? service * 2 ** ((at - now) / halfLife) : service;
  }

  private use(id: string, now: number): Program {
    this.forgetIdle(now);
    const known = this.all.get(id);
    this.all.delete(id);
    const program = known ?? { service: 0, at: now, turns: 0, endedAt: -Infinity };
    this.all.set(id, program);
    return program;
  }

  private forgetIdle(now: number): void {
    const { keptFor, lookEvery } = this.times;
    const isTimeToLook = now - this.lookedAt >= lookEvery;
    if (!isTimeToLook && this.all.size < MOST) return;
    if (isTimeToLook) this.lookedAt = now;
    for (const [id, { at }] of this.all) {
      if (now - at < keptFor && this.all.size < MOST) return;
      this.all.delete(id);
    }
  }
}
