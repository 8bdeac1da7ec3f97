import { describe, expect, it } from '@jest/globals';
import { MemorySink } from '../../test/support/memory-sink.js';
import { PrettySink } from './pretty-sink.js';

const line = (msg: string): string =>
  `${JSON.stringify({ level: 'info', time: '2026-03-04T05:06:07.089Z', msg })}\n`;

describe(PrettySink.name, () => {
  it('makes each of several lines readable', () => {
    const sink = new MemorySink();
    new PrettySink(sink, false).write(line('one') + line('two'));
    expect(sink.lines).toEqual(['05:06:07.089 INFO  one\n', '05:06:07.089 INFO  two\n']);
  });

  it('leaves alone what is no JSON, as a stack trace of another process', () => {
    const sink = new MemorySink();
    new PrettySink(sink, false).write('Error: x\n    at y\n');
    expect(sink.lines).toEqual(['Error: x\n', '    at y\n']);
  });
});
