import { stat } from 'node:fs/promises';

/** How a file is watched, in milliseconds. */
export interface WatchTimes {
  /** Between two looks. */
  readonly look: number;
  /** A file that changed is left alone until it has not changed for so long: whoever writes it may not be done. */
  readonly quiet: number;
}

const TIMES: WatchTimes = { look: 250, quiet: 1250 };

/**
 * Tells when a file has changed: written in place, replaced, or behind a link that was turned (the files of a
 * ConfigMap). Looked at, not listened to: events of the file system say nothing of mounted folders, nor of a link's end.
 */
export class FileWatch {
  private timer: NodeJS.Timeout | undefined;
  private known: string | undefined;
  private seen = '';
  private seenAt = 0;
  private isClosed = false;

  /** @param changed called with a file that has come to rest, and then whenever it has in another state than before; its absence is one */
  constructor(
    private readonly path: string,
    private readonly changed: () => void,
    private readonly times: WatchTimes = TIMES,
  ) {
    this.look();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  private look(): void {
    void stateOf(this.path).then((state) => {
      if (this.isClosed) return;
      this.judge(state);
      this.timer = setTimeout(() => this.look(), this.times.look).unref();
    });
  }

  private judge(state: string): void {
    const now = performance.now();
    if (state !== this.seen) {
      this.seen = state;
      this.seenAt = now;
    } else if (state !== this.known && now - this.seenAt >= this.times.quiet) {
      this.known = state;
      this.changed();
    }
  }
}

async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return `none: ${(error as NodeJS.ErrnoException).code}`;
  }
}
