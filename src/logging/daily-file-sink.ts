import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { flushAtExit } from './flush-at-exit.js';
import type { LineSink } from './line-sink.js';
import { WaitingLines } from './waiting-lines.js';

/** Lines wait at most so long, so that many of them share one write. */
const BATCH_AFTER_MS = 20;
/** A disk that is full, or a folder that is gone, is tried again after this. */
const RETRY_AFTER_MS = 1000;
const DAY_MS = 86_400_000;
const NOTHING = Buffer.alloc(0);

export interface DailyFiles {
  /** Made where it is missing. */
  readonly folder: string;
  /** What the files' names begin with. */
  readonly name: string;
  /** Told when lines cannot be written any more: once until they can be again. */
  readonly onTrouble: (path: string, error: Error) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * Writes lines to a file a day, `NAME.YYYY-MM-DD.log`. Days are UTC's, as the lines' own times are; files of days that
 * are over stay.
 *
 * Lines that cannot be written wait for a time when they can, up to 16 MiB of them.
 */
export class DailyFileSink implements LineSink {
  /** The file that is written to now. */
  path = '';
  private fd: number | undefined;
  private day = NaN;
  private readonly lines: WaitingLines;
  /** The rest of a batch of which a part was written. */
  private rest: Buffer = NOTHING;
  private inTrouble = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly now: () => number;

  /** @throws a Node system error when today's file cannot be opened for appending */
  constructor(private readonly files: DailyFiles) {
    this.now = files.now ?? Date.now;
    this.lines = new WaitingLines('they could not be written', this.now);
    this.open();
    flushAtExit(this);
  }

  write(lines: string): void {
    // What was written on a day goes to the file of that day.
    if (this.today() !== this.day && !this.inTrouble) this.turnOver();
    this.lines.add(lines);
    if (this.lines.isFull && !this.inTrouble) this.flushSync();
    else this.wait(BATCH_AFTER_MS);
  }

  /** Opens the file anew: somebody has moved it, or has made room. */
  reopen(): void {
    this.flushSync();
    this.close();
    this.flushSync();
  }

  flush(): Promise<void> {
    this.flushSync();
    return Promise.resolve();
  }

  /** Writes everything that can be written before it returns. */
  flushSync(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    try {
      if (this.fd === undefined) this.open();
      for (let rest = this.rest; rest.length > 0 || !this.lines.isEmpty; rest = this.lines.take()) {
        this.rest = rest;
        while (this.rest.length > 0) {
          this.rest = this.rest.subarray(writeSync(this.fd!, this.rest));
        }
      }
      this.inTrouble = false;
    } catch (error) {
      this.failed(error as Error);
    }
  }

  /** The day is over. Where its file takes no more, its lines go to the next one. */
  private turnOver(): void {
    this.flushSync();
    this.close();
    try {
      this.open();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  private open(): void {
    const day = this.today();
    const { folder, name } = this.files;
    const date = new Date(day * DAY_MS).toISOString().slice(0, 10);
    this.path = join(folder, `${name}.${date}.log`);
    makeFolder(folder);
    this.fd = openSync(this.path, 'a', 0o640);
    this.day = day;
  }

  private close(): void {
    if (this.fd === undefined) return;
    closeSync(this.fd);
    this.fd = undefined;
  }

  private failed(error: Error): void {
    // Whoever mends it may put another file there.
    this.close();
    if (!this.inTrouble) this.files.onTrouble(this.path, error);
    this.inTrouble = true;
    this.wait(RETRY_AFTER_MS);
  }

  private wait(milliseconds: number): void {
    this.timer ??= setTimeout(() => this.flushSync(), milliseconds).unref();
  }

  private today(): number {
    return Math.floor(this.now() / DAY_MS);
  }
}

/**
 * Node's own recursive way never returns where a folder is there and takes no other one, such as /proc.
 *
 * @throws a Node system error
 */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error;
    makeFolder(dirname(folder));
    mkdirSync(folder);
  }
}
