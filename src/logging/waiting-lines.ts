/** Where lines are that go nowhere must not fill the memory: beyond this, they are dropped. */
const MAX_WAITING_CHARACTERS = 16 * 1024 * 1024;
const BATCH_CHARACTERS = 16 * 1024;

/** Lines on their way to a file: many share a write, and of those that cannot go out only so many are kept. */
export class WaitingLines {
  private waiting = '';
  private dropped = 0;

  /** @param why lines are dropped, said in the line that takes their place */
  constructor(
    private readonly why: string,
    private readonly now: () => number = Date.now,
  ) {}

  get isEmpty(): boolean {
    return this.waiting === '';
  }

  /** They are worth a write. */
  get isFull(): boolean {
    return this.waiting.length >= BATCH_CHARACTERS;
  }

  add(lines: string): void {
    if (this.waiting.length < MAX_WAITING_CHARACTERS) this.waiting += lines;
    else this.dropped += lines.split('\n').length - 1;
  }

  /** @returns all of them, which then wait no more, and how many were dropped */
  take(): Buffer {
    const batch = Buffer.from(this.waiting + this.notice());
    this.waiting = '';
    return batch;
  }

  private notice(): string {
    if (this.dropped === 0) return '';
    const notice = {
      level: 'warn',
      time: new Date(this.now()).toISOString(),
      lines: this.dropped,
      msg: `log lines were dropped: ${this.why}`,
    };
    this.dropped = 0;
    return `${JSON.stringify(notice)}\n`;
  }
}
