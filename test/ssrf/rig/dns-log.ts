import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** One query that the sidecar made. */
export interface DnsQuery {
  /** `lookup`, `resolve4`, … */
  readonly how: string;
  readonly name: string;
}

/** Reads what the preload wrote down, bit by bit. */
export class DnsLog {
  private offset = 0;

  constructor(private readonly path: string) {}

  /** @returns the queries since the last call */
  take(): DnsQuery[] {
    const file = openSync(this.path, 'r');
    const bytes = Buffer.alloc(fstatSync(file).size - this.offset);
    readSync(file, bytes, 0, bytes.length, this.offset);
    closeSync(file);
    this.offset += bytes.length;
    const lines = bytes.toString().split('\n').slice(0, -1);
    return lines.map((line) => {
      const [how = '', ...name] = line.split(' ');
      return { how, name: name.join(' ') };
    });
  }
}
