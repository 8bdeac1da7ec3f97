import { openSync, writeSync } from 'node:fs';
import { flushAtExit } from './flush-at-exit.js';
import type { LineSink } from './line-sink.js';
import { WaitingLines } from './waiting-lines.js';

const STDERR = 2;
/** Lines wait at most so long, so that many of them share one write. */
const BATCH_AFTER_MS = 20;
/** A pipe that is full is tried again after this. */
const FULL_RETRY_MS = 10;
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
  private readonly lines = new WaitingLines('nobody read them');
  /** The rest of a batch that the pipe was too full for. */
  private refused: Buffer = NOTHING;
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
    this.lines.add(lines);
    if (this.lines.isFull && this.refused === NOTHING) this.writeOut();
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
    for (let rest = this.takeRefused(); rest.length > 0; rest = this.lines.take()) {
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
    return refused.length > 0 ? refused : this.lines.take();
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
