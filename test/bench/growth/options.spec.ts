import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe(readOptions.name, () => {
  it('takes all curves, and those that are named', () => {
    expect(readOptions([]).curves.map(({ name }) => name)).toEqual([
      'streams',
      'prompt',
      'prefillers',
      'allowlist',
    ]);
    expect(readOptions(['--only', 'prompt']).curves).toHaveLength(1);
  });

  it('gives a peer its arguments for a curve', () => {
    const args = [
      '--builtin',
      'none',
      '--peer',
      'go=/bin/pd',
      '--peer-args',
      'go.allowlist=--a --b=c',
    ];
    expect(readOptions(args).peers).toMatchObject([
      { peer: { name: 'go' }, args: { allowlist: ['--a', '--b=c'] }, isTandem: false },
    ]);
  });

  it.each([
    [['--only', 'x'], '--only: no curve x'],
    [['--peer-args', 'x.allowlist=--y'], '--peer-args: not PEER.CURVE=ARGUMENTS'],
    [['--peer-args', 'tandem.x=--y'], '--peer-args: not PEER.CURVE=ARGUMENTS'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
