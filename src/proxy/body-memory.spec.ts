import { describe, expect, it } from '@jest/globals';
import { BodyMemory } from './body-memory.js';
import { freeMemory } from './free-memory.js';

const SIZE = 32 * 1024;

describe(freeMemory.name, () => {
  it('gives back what a buffer has for itself', () => {
    const bytes = Buffer.allocUnsafeSlow(SIZE);
    freeMemory(bytes);
    expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
  });

  it.each([
    ['a part of a larger one', Buffer.allocUnsafeSlow(2 * SIZE).subarray(0, SIZE)],
    ['a small one', Buffer.allocUnsafe(64)],
    ['memory that threads share', Buffer.from(new SharedArrayBuffer(SIZE))],
  ])('leaves %s alone', (_, bytes) => {
    const { length } = bytes;
    freeMemory(bytes);
    expect(bytes.length).toBe(length);
  });
});

describe(BodyMemory.name, () => {
  it('is freed when its owner lets go', () => {
    const bytes = Buffer.allocUnsafeSlow(SIZE);
    new BodyMemory(bytes).release();
    expect(bytes.length).toBe(0);
  });

  it('is kept for whoever holds it, until the last one lets go', () => {
    const bytes = Buffer.allocUnsafeSlow(SIZE);
    let freed = 0;
    const sut = new BodyMemory(bytes, () => freed++);
    const letGo = [sut.hold(), sut.hold()];
    sut.release();
    letGo[0]!();
    expect([bytes.length, freed]).toEqual([SIZE, 0]);
    letGo[1]!();
    expect([bytes.length, freed]).toEqual([0, 1]);
  });

  it('is nobody’s to hold once it was given back', () => {
    const sut = new BodyMemory(Buffer.allocUnsafeSlow(SIZE));
    sut.release();
    expect(() => sut.hold()).toThrow('given back');
  });

  it('is not freed from under a holder when its owner lets go twice', () => {
    const bytes = Buffer.allocUnsafeSlow(SIZE);
    const sut = new BodyMemory(bytes);
    sut.hold();
    sut.release();
    sut.release();
    expect(bytes.length).toBe(SIZE);
  });
});
