import { openSync, writeSync } from 'node:fs';
import { flushAtExit } from './flush-at-exit.js';
import type { LineSink } from './line-sink.js';

const STDERR = 2;
/** Lines wait at most so long, so that many of them share one write. */
const BATCH_AFTER_MS = 20;
const BATCH_CHARACTERS = 16 * 1024;
/** A pipe that is full is tried again after this. */
const FULL_RETRY_MS = 10;
/** A reader that stalls must not fill the memory: beyond this, lines are dropped. */
const MAX_WAITING_CHARACTERS = 16 * 1024 * 1024;
/** At the end of the process, a reader that stalls has so long to go on. */
const LAST_CHANCE_MS = 2_000;
const NOTHING = Buffer.alloc(0);

/**
 * Writes lines to a file descriptor in batches. Not pino's own destination: that loses the batch
 * which is with the thread pool at `process.exit`, and its flush does not wait.
 *
 * The writes are synchronous, yet a reader that stalls blocks nothing: a pipe is non-blocking, and
 * what it does not take is tried again later. A descriptor that is closed on the other end (EPIPE)
 * or broken loses its lines and hurts nothing.
 */
export class FileSink implements LineSink {
  private waiting = '';
  /** The rest of a batch that the pipe was too full for. */
  private refused: Buffer = NOTHING;
  private dropped = 0;
  private timer: NodeJS.Timeout | undefined;
  private idleCallbacks: (() => void)[] = [];

  constructor(private readonly fd: number) {
    if (fd === STDERR) makeStderrNonBlocking();
    flushAtExit(this);
  }

  /** @throws a Node system error when the file cannot be opened for appending */
  static open(path: string): FileSink {
    return new FileSink(openSync(path, 'a', 0o640));
  }

  write(lines: string): void {
    if (this.waiting.length >= MAX_WAITING_CHARACTERS) {
      this.dropped += lines.split('\n').length - 1;
      return;
    }
    this.waiting += lines;
    const full = this.waiting.length >= BATCH_CHARACTERS && this.refused === NOTHING;
    if (full) this.writeOut();
    else this.timer ??= setTimeout(this.writeOut, BATCH_AFTER_MS).unref();
  }

  /** @returns when all lines are out, or a reader has stalled for two seconds */
  async flush(): Promise<void> {
    if (this.writeOut()) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, LAST_CHANCE_MS);
      this.idleCallbacks.push(() => {
        clearTimeout(limit);
        resolve();
      });
    });
  }

  /** Writes everything before it returns, within two seconds; for the end of the process only. */
  flushSync(): void {
    const deadline = Date.now() + LAST_CHANCE_MS;
    while (!this.writeOut() && Date.now() < deadline) sleep(FULL_RETRY_MS);
    clearTimeout(this.timer);
  }

  /** @returns whether everything is out */
  private readonly writeOut = (): boolean => {
    clearTimeout(this.timer);
    this.timer = undefined;
    // What was refused goes alone: joining it with all that waits would copy it at every retry.
    for (let rest = this.takeRefused(); rest.length > 0; rest = this.takeBatch()) {
      this.refused = this.writeSome(rest);
      if (this.refused.length > 0) {
        this.timer = setTimeout(this.writeOut, FULL_RETRY_MS).unref();
        return false;
      }
    }
    for (const callback of this.idleCallbacks.splice(0)) callback();
    return true;
  };

  /** @returns what a full pipe did not take */
  private writeSome(batch: Buffer): Buffer {
    let rest = batch;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.fd, rest));
      return NOTHING;
    } catch (error) {
      // Any other error: the descriptor is gone, and so is this batch.
      return isFull(error) ? rest : NOTHING;
    }
  }

  private takeRefused(): Buffer {
    const { refused } = this;
    this.refused = NOTHING;
    return refused.length > 0 ? refused : this.takeBatch();
  }

  private takeBatch(): Buffer {
    const batch = Buffer.from(this.waiting + this.takeDropNotice());
    this.waiting = '';
    return batch;
  }

  private takeDropNotice(): string {
    if (this.dropped === 0) return '';
    const notice = {
      level: 'warn',
      time: new Date().toISOString(),
      lines: this.dropped,
      msg: 'log lines were dropped: nobody read them',
    };
    this.dropped = 0;
    return `${JSON.stringify(notice)}\n`;
  }
}

/** Node puts pipes and sockets into non-blocking mode when it opens its stream for them. */
function makeStderrNonBlocking(): void {
  void process.stderr;
}

/** Whether the error only says that a non-blocking descriptor takes nothing at the moment. */
function isFull(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'EAGAIN';
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
