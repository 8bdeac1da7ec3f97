import { watch, type FSWatcher } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../logging/logger.js';
import { DiscoveryFileError } from './discovery-file.js';
import type { EndpointSource, FoundEndpoint } from './endpoint-source.js';

export interface FileSourceOptions {
  readonly file: string;
  /** Milliseconds between two readings. */
  readonly interval: number;
  /**
   * @returns all that the file names
   * @throws DiscoveryFileError where it is to change nothing
   */
  readonly parse: (text: string) => readonly FoundEndpoint[];
  /** A larger file is refused; unbounded unless given. */
  readonly maxBytes?: number;
  readonly logger: Logger;
}

/** Whoever writes a file does it in several steps. */
const SETTLE_MS = 50;

/**
 * Model servers that a file names; it is read every interval, and soon when something happens in its folder.
 *
 * A file that is wrong, half written or not there changes nothing.
 */
export class FileSource implements EndpointSource {
  readonly name = 'file';
  provedAt: number | undefined;
  private readonly stopped = new AbortController();
  private found: readonly FoundEndpoint[] | undefined;
  /** What {@link found} was read from. */
  private known: string | undefined;
  private lastFault: string | undefined;
  private folder: FSWatcher | undefined;
  private wake: () => void = () => undefined;

  constructor(private readonly options: FileSourceOptions) {}

  start(publish: (found: readonly FoundEndpoint[]) => void): void {
    void this.run(publish);
  }

  /**
   * Reads it once, before it is followed.
   *
   * @returns all that it names
   * @throws DiscoveryFileError, or the system's error
   */
  async load(): Promise<readonly FoundEndpoint[]> {
    await this.takeIfNew();
    this.provedAt = performance.now();
    return this.found!;
  }

  stop(): void {
    this.stopped.abort();
    this.folder?.close();
    this.folder = undefined;
    this.wake();
  }

  private get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  private async run(publish: (found: readonly FoundEndpoint[]) => void): Promise<void> {
    while (!this.isStopped) {
      // Before it is read: a change while it is being read is not missed.
      const next = this.nextTurn();
      await this.read();
      if (this.isStopped) return;
      if (this.found) publish(this.found);
      await next;
      await sleep(SETTLE_MS);
    }
  }

  /** @returns after the interval, when something happened in the folder, or when it is stopped */
  private nextTurn(): Promise<void> {
    this.watchFolder();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.options.interval);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The folder and not the file: that one is replaced, and behind a ConfigMap's link it is its folder that is. */
  private watchFolder(): void {
    if (this.folder || this.isStopped) return;
    const lost = (): void => {
      this.folder?.close();
      this.folder = undefined;
    };
    try {
      this.folder = watch(dirname(this.options.file), { persistent: false }, () => this.wake());
      this.folder.on('error', lost);
    } catch {
      // It is not there, or there are too many watches already: reading every interval goes on.
    }
  }

  private async read(): Promise<void> {
    try {
      await this.takeIfNew();
      this.recovered();
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private async takeIfNew(): Promise<void> {
    const text = await this.text();
    if (text !== this.known) await this.take(text);
  }

  private async text(): Promise<string> {
    const { file, maxBytes = Infinity } = this.options;
    const { size } = await stat(file);
    if (size > maxBytes) {
      throw new DiscoveryFileError(`it has ${size} bytes, at most ${maxBytes} are read`);
    }
    return readFile(file, 'utf8');
  }

  /** What is wrong may be half written: it is read once more before it is refused. */
  private async take(text: string): Promise<void> {
    try {
      this.found = this.options.parse(text);
      this.known = text;
    } catch (error) {
      if (!(error instanceof DiscoveryFileError)) throw error;
      await sleep(SETTLE_MS);
      const again = await this.text();
      if (again === text) throw error;
      if (!this.isStopped) await this.take(again);
    }
  }

  private recovered(): void {
    this.provedAt = performance.now();
    if (this.lastFault === undefined) return;
    this.lastFault = undefined;
    this.options.logger.info('discovery file is well again', { file: this.options.file });
  }

  private failed(error: string): void {
    if (this.isStopped || error === this.lastFault) return;
    this.lastFault = error;
    const { file, logger } = this.options;
    const workers = this.found?.length ?? 0;
    logger.error('discovery file refused: the workers known from it stay', {
      file,
      error,
      workers,
    });
  }
}
