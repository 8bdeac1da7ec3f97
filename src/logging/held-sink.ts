import type { LineSink } from './line-sink.js';

/** Keeps lines back until they are released; those of a start that fails are dropped with it. */
export class HeldSink implements LineSink {
  private held: string[] | undefined = [];

  constructor(private readonly sink: LineSink) {}

  write(line: string): void {
    if (this.held) this.held.push(line);
    else this.sink.write(line);
  }

  /** Lines held so far are written, later ones go straight through. */
  release(): void {
    for (const line of this.held ?? []) this.sink.write(line);
    this.held = undefined;
  }

  flush(): Promise<void> {
    return this.sink.flush();
  }
}
