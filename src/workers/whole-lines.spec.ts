import { describe, expect, it } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { relayWholeLines } from './whole-lines.js';

async function relayed(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const stream = new PassThrough();
  const blocks: string[] = [];
  relayWholeLines(stream, (lines) => blocks.push(lines));
  for (const chunk of chunks) {
    stream.write(chunk);
    await new Promise(setImmediate);
  }
  stream.end();
  await new Promise((resolve) => stream.once('close', resolve));
  return blocks;
}

describe(relayWholeLines.name, () => {
  it('hands on whole lines, several at once', async () => {
    expect(await relayed(['a\nb\nc', 'd\n', 'e', 'f', '\ng\n'])).toEqual([
      'a\nb\n',
      'cd\n',
      'ef\ng\n',
    ]);
  });

  it('ends a last line that was cut', async () => {
    expect(await relayed(['a\nb'])).toEqual(['a\n', 'b\n']);
  });

  it('keeps characters whole whose bytes come apart', async () => {
    const bytes = Buffer.from('ä€😀\n');
    const chunks = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1));
    expect(await relayed(chunks)).toEqual(['ä€😀\n']);
  });

  it('does not hold a line without end for ever', async () => {
    const half = 'x'.repeat(700_000);
    const blocks = await relayed([half, half, 'y\n']);
    expect(blocks).toEqual([`${half}${half}\n`, 'y\n']);
  });
});
