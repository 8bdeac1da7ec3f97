const NEWLINE = 0x0a;

/** A line of a watch is one object; etcd holds none above some MiB. */
const LONGEST_LINE = 32 * 1024 * 1024;

/** Cuts a stream of bytes into lines, wherever its chunks end. */
export class LineSplitter {
  private kept: Buffer[] = [];
  private keptBytes = 0;

  /**
   * @returns the lines that are complete now, without their ends; blank ones are left out
   * @throws Error when a line becomes longer than any object is
   */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.keep(chunk.subarray(start, end));
      const line = Buffer.concat(this.kept).toString('utf8').trim();
      if (line !== '') lines.push(line);
      this.kept = [];
      this.keptBytes = 0;
      start = end + 1;
    }
    this.keep(chunk.subarray(start));
    return lines;
  }

  private keep(part: Buffer): void {
    this.keptBytes += part.length;
    if (this.keptBytes > LONGEST_LINE) throw new Error('a line of the watch is too long');
    if (part.length > 0) this.kept.push(part);
  }
}
