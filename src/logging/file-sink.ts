import { openSync } from 'node:fs';
import { pino } from 'pino';
import type { LineSink } from './line-sink.js';

/** Lines wait at most so long, so that many of them share one write. */
const FLUSH_AFTER_MS = 20;
const FLUSH_AT_CHARACTERS = 16 * 1024;
/** A reader that stalls must not fill the memory: beyond this, lines are dropped. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

type Destination = ReturnType<typeof pino.destination>;

/**
 * Writes lines to a file descriptor, in batches and without blocking the event loop.
 *
 * A descriptor that is closed on the other end (EPIPE) or broken loses its lines and hurts nothing.
 * At `process.exit` what is still waiting is written synchronously.
 */
export class FileSink implements LineSink {
  private readonly destination: Destination;
  private waiting = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(fd: number) {
    this.destination = pino.destination({ fd, sync: false, maxLength: MAX_WAITING_BYTES });
    // Without a listener, a closed stderr would end the process.
    this.destination.on('error', () => {});
    flushAtExit(this);
  }

  /** @throws a Node system error when the file cannot be opened for appending */
  static open(path: string): FileSink {
    return new FileSink(openSync(path, 'a', 0o640));
  }

  write(line: string): void {
    this.waiting += line;
    if (this.waiting.length >= FLUSH_AT_CHARACTERS) this.handOver();
    else this.timer ??= setTimeout(this.handOver, FLUSH_AFTER_MS).unref();
  }

  flush(): Promise<void> {
    this.handOver();
    // The destination reports a broken descriptor as an error here: there is nobody to tell.
    return new Promise((resolve) => this.destination.flush(() => resolve()));
  }

  /** Writes what is waiting before it returns. */
  flushSync(): void {
    this.handOver();
    try {
      this.destination.flushSync();
    } catch {
      // The descriptor is gone, and so are its lines.
    }
  }

  private readonly handOver = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting === '') return;
    const batch = this.waiting;
    this.waiting = '';
    this.destination.write(batch);
  };
}

const open = new Set<WeakRef<FileSink>>();

/** One 'exit' listener for all sinks, which it does not keep alive. */
function flushAtExit(sink: FileSink): void {
  if (open.size === 0) {
    process.on('exit', () => {
      for (const reference of open) reference.deref()?.flushSync();
    });
  }
  open.add(new WeakRef(sink));
}
