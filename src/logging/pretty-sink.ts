import type { LineSink } from './line-sink.js';
import { prettyLine } from './pretty-line.js';

/** Turns each JSON line into one that a person reads, on its way to another sink. */
export class PrettySink implements LineSink {
  constructor(
    private readonly next: LineSink,
    private readonly colours: boolean,
  ) {}

  write(lines: string): void {
    for (let start = 0; start < lines.length;) {
      const end = lines.indexOf('\n', start) + 1 || lines.length;
      this.next.write(prettyLine(lines.slice(start, end), this.colours));
      start = end;
    }
  }

  flush(): Promise<void> {
    return this.next.flush();
  }
}
