import type { LineSink } from '../../src/logging/line-sink.js';

/** Keeps lines in memory: for tests. */
export class MemorySink implements LineSink {
  readonly lines: string[] = [];

  /** The lines, parsed. */
  get records(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  write(line: string): void {
    this.lines.push(line);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}
