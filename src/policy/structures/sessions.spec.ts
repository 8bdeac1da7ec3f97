import { describe, expect, it } from '@jest/globals';
import { Sessions } from './sessions.js';

const named = (hash: number): { hash: number; isSession: boolean } => ({ hash, isSession: true });
const unnamed = (hash: number): { hash: number; isSession: boolean } => ({
  hash,
  isSession: false,
});

function newSessions(): { sut: Sessions<string>; ended: string[]; clock: { time: number } } {
  const ended: string[] = [];
  const clock = { time: 0 };
  const options = { maxIdle: 10, ended: (value: string): void => void ended.push(value) };
  return { sut: new Sessions(options, () => clock.time), ended, clock };
}

describe(Sessions.name, () => {
  it('keeps sessions and texts of one hash apart', () => {
    const { sut, ended } = newSessions();
    sut.set(named(1), 'session');
    sut.set(unnamed(1), 'text');
    expect([sut.get(named(1)), sut.get(unnamed(1))]).toEqual(['session', 'text']);
    sut.end(1);
    expect([sut.get(named(1)), sut.get(unnamed(1)), ended]).toEqual([
      undefined,
      'text',
      ['session'],
    ]);
  });

  it('tells of each session that ends, once', () => {
    const { sut, ended, clock } = newSessions();
    sut.set(named(1), 'first');
    sut.set(named(1), 'second');
    sut.set(unnamed(2), 'third');
    clock.time = 11;
    sut.tidy();
    sut.tidy();
    expect(ended).toEqual(['first', 'second', 'third']);
  });

  it('is bounded', () => {
    const { sut, ended } = newSessions();
    for (let hash = 0; hash < 2 ** 17 + 5; hash++) sut.set(named(hash), `s${hash}`);
    for (let hash = 0; hash < 2 ** 14 + 2; hash++) sut.set(unnamed(hash), `t${hash}`);
    expect(ended).toEqual(['s0', 's1', 's2', 's3', 's4', 't0', 't1']);
  });
});
