import { describe, expect, it } from '@jest/globals';
import { deflateSync, gzipSync } from 'node:zlib';
import { decompressOf } from './message-encoding.js';
import { MessageSplitter } from './message-splitter.js';
import { GrpcError, GrpcStatus } from './status.js';

function framed(...bodies: readonly string[]): Buffer {
  return Buffer.concat(
    bodies.map((body) => {
      const head = Buffer.alloc(5);
      head.writeUInt32BE(Buffer.byteLength(body), 1);
      return Buffer.concat([head, Buffer.from(body)]);
    }),
  );
}

function split(pieces: readonly Buffer[], most = 1000): { found: string[]; isWithin: boolean } {
  const found: string[] = [];
  const splitter = new MessageSplitter(most);
  for (const piece of pieces) splitter.push(piece, (bytes) => found.push(bytes.toString()));
  return { found, isWithin: splitter.isWithin };
}

describe(MessageSplitter.name, () => {
  const bodies = ['', 'a', '', 'hello', 'x'.repeat(300)];
  const wire = framed(...bodies);

  it('finds messages wherever two pieces meet', () => {
    for (let at = 0; at <= wire.length; at++) {
      const pieces = [wire.subarray(0, at), wire.subarray(at)];
      expect(split(pieces)).toEqual({ found: bodies, isWithin: false });
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7])('finds them in pieces of %i bytes', (size) => {
    const pieces: Buffer[] = [];
    for (let at = 0; at < wire.length; at += size) pieces.push(wire.subarray(at, at + size));
    expect(split(pieces)).toEqual({ found: bodies, isWithin: false });
  });

  it('knows that a message is not whole', () => {
    for (let at = 1; at < framed('hello').length; at++) {
      expect(split([framed('hello').subarray(0, at)])).toEqual({ found: [], isWithin: true });
    }
  });

  it('refuses messages that are too long before their bytes come', () => {
    expect(() => split([framed('x'.repeat(11)).subarray(0, 5)], 10)).toThrow(
      new GrpcError(
        GrpcStatus.resourceExhausted,
        'a message has 11 bytes, more than the 10 that --grpc-max-recv-msg-size allows',
      ),
    );
    expect(split([framed('x'.repeat(10))], 10).found).toHaveLength(1);
  });

  it('refuses compressed messages of a call that has none', () => {
    const wrong = framed('a');
    wrong[0] = 1;
    expect(() => split([wrong])).toThrow('a message has the flag 1');
  });

  it.each(['gzip', 'deflate'])('takes messages in %s among plain ones', (encoding) => {
    const text = 'x'.repeat(500);
    const packed = encoding === 'gzip' ? gzipSync(text) : deflateSync(text);
    const head = Buffer.from([1, 0, 0, 0, packed.length]);
    const pieces = Buffer.concat([framed('a'), head, packed, framed('b')]);
    const found: string[] = [];
    const take = (most: number): void => {
      const splitter = new MessageSplitter(most, decompressOf(encoding, most));
      for (const byte of pieces) {
        splitter.push(Buffer.from([byte]), (bytes) => found.push(bytes.toString()));
      }
    };
    take(500);
    expect(found).toEqual(['a', text, 'b']);
    expect(() => take(499)).toThrow('more than the 499 bytes');
    pieces.fill('?', 11, 24);
    expect(() => take(500)).toThrow(`a message is no ${encoding}`);
  });
});
