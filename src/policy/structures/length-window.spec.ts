import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../test/support/random-pods.js';
import { LengthWindow } from './length-window.js';

describe(LengthWindow.name, () => {
  it('counts what is in it, and no more than 4,096 requests', () => {
    const random = randomOf(9);
    const sut = new LengthWindow(100);
    const counters = [{ characters: 0 }, { characters: 0 }];
    let oracle: { at: number; length: number; counter: { characters: number } }[] = [];
    for (let now = 0; now < 12_000; now++) {
      const counter = counters[now % 3 === 0 ? 1 : 0]!;
      const entry = { at: now < 6000 ? now : 6000, length: Math.floor(random() * 1000), counter };
      sut.add(entry);
      sut.expire(entry.at);
      oracle.push(entry);
      if (now % 500 !== 0) continue;
      oracle = oracle.filter(({ at }) => entry.at - at <= 100).slice(-4096);
      const expected = counters.map((each) =>
        oracle.filter((one) => one.counter === each).reduce((sum, { length }) => sum + length, 0),
      );
      expect(counters.map(({ characters }) => characters)).toEqual(expected);
      expect([...sut.lengths()]).toEqual(oracle.map(({ length }) => length).sort((a, b) => a - b));
    }
  });
});
