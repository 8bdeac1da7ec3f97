import type { FlowQueue } from '../flow-queue.js';
import type { Programs } from './programs.js';
import { ScoredBand } from './scored-band.js';

/** Where requests go that name no flow: it is no session, and has no depth. */
const NO_SESSION = 'default-flow';

export interface TurnOptions {
  /** Turns that a second of waiting is worth. */
  readonly timeWeight: number;
  /** Milliseconds after which a session begins anew; 0: never. */
  readonly inactivity: number;
}

/** The program goes first that had the most turns: the beginning of its next request is the likeliest to be cached. */
export class TurnPriority extends ScoredBand {
  private time = 0;

  constructor(
    private readonly programs: Programs,
    private readonly options: TurnOptions,
    private readonly now: () => number,
  ) {
    super();
  }

  protected prepare(): void {
    this.time = this.now();
  }

  protected score(flow: FlowQueue): number {
    const wait = this.time - flow.head!.enqueuedAt;
    return this.turn(flow) + (this.options.timeWeight * wait) / 1000;
  }

  private turn({ fairnessId, head }: FlowQueue): number {
    const program = this.programs.known(fairnessId);
    if (!program || fairnessId === NO_SESSION) return 1;
    const { inactivity } = this.options;
    const idle = head!.enqueuedAt - program.endedAt;
    const isAnew = inactivity > 0 && program.endedAt > -Infinity && idle > inactivity;
    return isAnew ? 1 : program.turns + 1;
  }
}
