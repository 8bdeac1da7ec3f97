/** How often a worker is asked whether its event loop turns, and what follows when it does not answer. */
export interface HeartbeatSettings {
  /** Milliseconds between questions. */
  readonly everyMs: number;
  /** After so many turns of that without an answer it does not count as serving. */
  readonly silentAfter: number;
  /** After so many it is killed, and replaced. */
  readonly deadAfter: number;
}

/** 5 and 30 seconds: a worker that scans the longest prompt is away for a part of the first, a machine short of CPU for less than the second. */
export const USUAL_HEARTBEAT: HeartbeatSettings = { everyMs: 2_500, silentAfter: 2, deadAfter: 12 };

/** What is told of one worker. */
export interface HeartbeatEvents {
  /** It has not answered for so long. @param ms milliseconds */
  silent(ms: number): void;
  /** It does again. */
  answers(): void;
  /** It has not for so long that it is not worth waiting. @param ms milliseconds */
  dead(ms: number): void;
}

/**
 * Whether one worker's event loop turns: one question at a time, so that nothing piles up in the channel of one that
 * does not read.
 *
 * Time is counted in turns of the asking process. When that was stopped itself, together with its workers, by a frozen
 * container or a debugger, they have answered before many of its turns are over.
 */
export class Heartbeat {
  private missed = 0;
  private waiting = false;

  /** @param ping resolves when the worker answers, rejects when it has ended */
  constructor(
    private readonly ping: () => Promise<unknown>,
    private readonly settings: HeartbeatSettings,
    private readonly events: HeartbeatEvents,
  ) {}

  get isSilent(): boolean {
    return this.missed >= this.settings.silentAfter;
  }

  /** To be called every `everyMs`. */
  turn(): void {
    if (!this.waiting) return this.ask();
    const { everyMs, silentAfter, deadAfter } = this.settings;
    this.missed += 1;
    if (this.missed === silentAfter) this.events.silent(this.missed * everyMs);
    if (this.missed === deadAfter) this.events.dead(this.missed * everyMs);
  }

  private ask(): void {
    this.waiting = true;
    this.ping().then(
      () => this.answered(),
      // It ended, which is noticed elsewhere.
      () => undefined,
    );
  }

  private answered(): void {
    const wasSilent = this.isSilent;
    this.waiting = false;
    this.missed = 0;
    if (wasSilent) this.events.answers();
  }
}
