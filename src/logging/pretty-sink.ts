import type { LineSink } from './line-sink.js';
import { prettyLine } from './pretty-line.js';

/** Turns each JSON line into one that a person reads, on its way to another sink. */
export class PrettySink implements LineSink {
  constructor(
    private readonly next: LineSink,
    private readonly colours: boolean,
  ) {}

  write(line: string): void {
    this.next.write(prettyLine(line, this.colours));
  }

  flush(): Promise<void> {
    return this.next.flush();
  }
}
