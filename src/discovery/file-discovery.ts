import { ConfigError, reasonOf } from '../config/config-error.js';
import type { Logger } from '../logging/logger.js';
import { DiscoveryFileError } from './discovery-file.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { readEndpointsFile, type BadEntry, type ReadEntry } from './endpoints-file.js';
import { FileSource } from './file-source.js';

export interface FileDiscoveryOptions {
  readonly path: string;
  /** False: it is read once. */
  readonly watchFile: boolean;
}

/** Milliseconds between two readings, where nothing is heard of a change. */
const INTERVAL_MS = 1000;
const MAX_BYTES = 1024 * 1024;

/**
 * Endpoints that a file of llm-d names.
 *
 * At start each entry has to be right. Later one that is wrong is told and stays as it was, and the others are applied.
 */
export class FileDiscovery {
  private readonly source: FileSource;
  private entries: ReadonlyMap<string, ReadEntry> | undefined;

  constructor(
    private readonly options: FileDiscoveryOptions,
    private readonly logger: Logger,
  ) {
    this.source = new FileSource({
      file: options.path,
      interval: INTERVAL_MS,
      logger,
      parse: (text) => this.parse(text),
      maxBytes: MAX_BYTES,
    });
  }

  get path(): string {
    return this.options.path;
  }

  /** @throws ConfigError in one line, with the name of the entry that is wrong */
  async load(): Promise<readonly FoundEndpoint[]> {
    try {
      return await this.source.load();
    } catch (error) {
      const isRead = error instanceof DiscoveryFileError;
      const fault = isRead ? error.message : `cannot be read (${reasonOf(error)}); give its path`;
      throw new ConfigError(`file-discovery ${this.path}: ${fault}`);
    }
  }

  /** @param publish gets all that there is: when the file was read, and every now and then */
  start(publish: (found: readonly FoundEndpoint[]) => void): void {
    if (this.options.watchFile) this.source.start(publish);
  }

  stop(): void {
    this.source.stop();
  }

  private parse(text: string): readonly FoundEndpoint[] {
    const before = this.entries;
    const read = readEndpointsFile(text);
    const bad = read.filter((entry): entry is BadEntry => 'flaw' in entry);
    if (!before && bad.length > 0) throw new DiscoveryFileError(bad[0]!.flaw);
    const good = read.filter((entry): entry is ReadEntry => 'found' in entry);
    const entries = new Map(good.map((entry) => [entry.key, entry]));
    for (const { key, flaw } of bad) this.keep(key, flaw, entries);
    this.tellUnknown(good);
    this.entries = entries;
    return [...entries.values()].map(({ found }) => found);
  }

  /** An entry that is wrong now stays what it was, unless its address is another one's by now. */
  private keep(key: string, flaw: string, entries: Map<string, ReadEntry>): void {
    const known = entries.has(key) ? undefined : this.entries?.get(key);
    const url = known?.found.spec.address.url;
    const isTaken = [...entries.values()].some(({ found }) => found.spec.address.url === url);
    if (known && !isTaken) entries.set(key, known);
    const becomes = known && !isTaken ? 'it stays as it was' : 'it is left out';
    this.logger.error(`an entry of the endpoints file is wrong: ${becomes}`, {
      file: this.path,
      error: flaw,
    });
  }

  private tellUnknown(entries: readonly ReadEntry[]): void {
    const members = new Set(entries.flatMap(({ unknown }) => unknown));
    if (members.size === 0) return;
    const { path: file } = this;
    this.logger.warn('the endpoints file has members without a meaning', {
      file,
      members: [...members],
    });
  }
}
