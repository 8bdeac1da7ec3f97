import { describe, expect, it } from '@jest/globals';
import { HeldSink } from './held-sink.js';
import type { LineSink } from './line-sink.js';

class Lines implements LineSink {
  readonly written: string[] = [];

  write(line: string): void {
    this.written.push(line);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }
}

describe(HeldSink.name, () => {
  it('writes nothing before it is released, then everything in order', async () => {
    const lines = new Lines();
    const sut = new HeldSink(lines);
    sut.write('a');
    sut.write('b');
    await sut.flush();
    expect(lines.written).toEqual([]);
    sut.release();
    sut.write('c');
    sut.release();
    expect(lines.written).toEqual(['a', 'b', 'c']);
  });
});
