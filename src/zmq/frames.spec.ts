import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../test/support/random-pods.js';
import { encodeCommand, encodeMessage, FrameReader, ZmtpError, type Frame } from './frames.js';

function framesOf(reader: FrameReader, ...chunks: Buffer[]): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) reader.read(chunk, (frame) => frames.push(frame));
  return frames;
}

describe('frames', () => {
  it('are told apart by their flags', () => {
    const bytes = Buffer.concat([
      encodeMessage([Buffer.from('topic'), Buffer.alloc(300, 'x')]),
      encodeCommand(Buffer.from('\x05READY')),
    ]);
    expect(framesOf(new FrameReader(1000), bytes)).toEqual([
      { isCommand: false, hasMore: true, body: Buffer.from('topic') },
      { isCommand: false, hasMore: false, body: Buffer.alloc(300, 'x') },
      { isCommand: true, hasMore: false, body: Buffer.from('\x05READY') },
    ]);
  });

  it.each([1, 2, 3, 4, 5])('are the same however they are cut (seed %i)', (seed) => {
    const random = randomOf(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const messages = Array.from({ length: 30 }, () =>
      Array.from({ length: 1 + below(3) }, () => Buffer.alloc(below(600), below(256))),
    );
    const bytes = Buffer.concat(messages.map((parts) => encodeMessage(parts)));
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length;) {
      const end = at + 1 + below(random() < 0.5 ? 5 : 900);
      chunks.push(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    const bodies = framesOf(new FrameReader(600), ...chunks).map(({ body }) => body);
    expect(bodies).toEqual(messages.flat());
  });

  it('keep their bytes while others come', () => {
    const reader = new FrameReader(100);
    const [first] = framesOf(reader, Buffer.of(0), Buffer.of(3, 1, 2, 3, 0));
    framesOf(reader, Buffer.of(3, 7, 7, 7));
    expect(first!.body).toEqual(Buffer.of(1, 2, 3));
  });

  it('that are too long are refused by their head alone', () => {
    const head = Buffer.from('02ffffffffffffffff', 'hex');
    expect(() => framesOf(new FrameReader(1000), head)).toThrow(ZmtpError);
    expect(() => framesOf(new FrameReader(10), Buffer.of(0, 11))).toThrow('11 bytes');
  });

  it.each([0x08, 0x80, 0xff, 0x05, 0x07])('with flags %i are refused', (flags) => {
    expect(() => framesOf(new FrameReader(1000), Buffer.of(flags, 0))).toThrow(ZmtpError);
  });
});
