import type { Readable } from 'node:stream';

const LINE_FEED = 0x0a;
/** What has no line feed for so long is given as it is. */
const MAX_PARTIAL_BYTES = 1 << 20;

/**
 * Hands on what a stream brings in blocks of whole lines, so that the blocks of several streams can be written to
 * one file; a last line without its line feed gets one.
 *
 * @param take gets one or more lines, each with its line feed
 */
export function relayWholeLines(stream: Readable, take: (lines: string) => void): void {
  let partial: Buffer[] = [];
  let held = 0;
  const give = (last: Buffer): void => {
    take(Buffer.concat([...partial, last]).toString());
    partial = [];
    held = 0;
  };
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) give(chunk.subarray(0, end));
    if (end === chunk.length) return;
    partial.push(chunk.subarray(end));
    held += chunk.length - end;
    if (held > MAX_PARTIAL_BYTES) give(Buffer.from('\n'));
  });
  stream.once('close', () => {
    if (held > 0) give(Buffer.from('\n'));
  });
  stream.on('error', () => undefined);
}
