import { describe, expect, it } from '@jest/globals';
import { settingsOf, withFlags } from './rendered-program.js';

describe(withFlags.name, () => {
  it('replaces flags however their values are given', () => {
    expect(
      withFlags(['--host', '0.0.0.0', '--port=1', '--selector', 'a=b', 'c=d', '--on'], {
        host: '127.0.0.1',
        port: '2',
      }),
    ).toEqual(['--selector', 'a=b', 'c=d', '--on', '--host=127.0.0.1', '--port=2']);
  });
});

describe(settingsOf.name, () => {
  it('tells what flags say', () => {
    const args = ['--a=b=c', '--on', '--words', 'x', 'y'];
    expect(settingsOf(args)).toEqual({ a: 'b=c', on: 'true', words: ['x', 'y'] });
  });

  it('refuses what belongs to no flag', () => {
    expect(() => settingsOf(['stray'])).toThrow('stray is of no flag');
  });
});
