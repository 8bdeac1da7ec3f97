import type { LineSink } from './line-sink.js';

/** Gives each line to several sinks. */
export class TeeSink implements LineSink {
  constructor(private readonly sinks: readonly LineSink[]) {}

  write(line: string): void {
    for (const sink of this.sinks) sink.write(line);
  }

  async flush(): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.flush()));
  }
}
