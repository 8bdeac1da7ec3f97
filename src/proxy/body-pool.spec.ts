import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { giveBackBody, takeBody } from './body-pool.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe(takeBody.name, () => {
  it.each([1, 64 * KIB - 1, 64 * KIB, MIB + 1, 40 * MIB])('gives %d bytes', (size) => {
    const body = takeBody(size);
    expect(body.length).toBe(size);
    giveBackBody(body);
  });

  it('uses memory again that was given back, for bodies of about that length', () => {
    const first = takeBody(300 * KIB);
    const { buffer } = first;
    giveBackBody(first);
    expect(takeBody(257 * KIB).buffer).toBe(buffer);
    expect(takeBody(300 * KIB).buffer).not.toBe(buffer);
  });

  it.each([MIB, 1.3 * MIB, 8 * MIB + 1, 17 * MIB, 32 * MIB])(
    'has less than a quarter to spare for %d bytes',
    (size) => {
      expect(takeBody(Math.ceil(size)).buffer.byteLength).toBeLessThan(1.25 * size + 1);
    },
  );

  it('keeps the memory of the longest prompts too, whatever was kept before', () => {
    giveBackBody(takeBody(MIB));
    const long = takeBody(30 * MIB);
    const { buffer } = long;
    giveBackBody(long);
    expect(takeBody(30 * MIB).buffer).toBe(buffer);
  });

  it('never gives the same memory to two', () => {
    const bodies = Array.from({ length: 8 }, () => takeBody(100 * KIB));
    for (const body of bodies.slice(0, 4)) giveBackBody(body);
    bodies.splice(0, 4);
    for (let i = 0; i < 8; i++) bodies.push(takeBody(100 * KIB));
    expect(new Set(bodies.map(({ buffer }) => buffer)).size).toBe(bodies.length);
  });
});

describe(giveBackBody.name, () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('keeps no more than 32 MiB', () => {
    const bodies = Array.from({ length: 5 }, () => takeBody(8 * MIB));
    for (const body of bodies) giveBackBody(body);
    expect(bodies.filter(({ length }) => length > 0).length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['is too long to be kept', () => takeBody(40 * MIB)],
    ['came from elsewhere', () => Buffer.allocUnsafeSlow(128 * KIB)],
  ])('frees what %s', (_, take) => {
    const body = take();
    giveBackBody(body);
    expect(body.length).toBe(0);
  });

  it('frees what is kept too much, though bodies are shorter than their memory', () => {
    const bodies = Array.from({ length: 6 }, () => takeBody(8 * MIB + 100));
    for (const body of bodies) giveBackBody(body);
    expect(bodies.filter(({ length }) => length > 0)).toHaveLength(3);
  });

  it('leaves memory alone that others may share', () => {
    const shared = Buffer.from(new ArrayBuffer(64 * KIB), 0, 1000);
    giveBackBody(shared);
    expect(shared.length).toBe(1000);
    expect(takeBody(64 * KIB).buffer).not.toBe(shared.buffer);
  });

  it('frees everything after a while without long prompts', async () => {
    jest.useFakeTimers();
    // Whatever timer is left of the tests before is a real one.
    jest.resetModules();
    const pool = await import('./body-pool.js');
    const body = pool.takeBody(MIB);
    pool.giveBackBody(body);
    jest.advanceTimersByTime(10_000);
    expect(body.length).toBe(MIB);
    jest.advanceTimersByTime(10_000);
    expect(body.length).toBe(0);
  });
});
