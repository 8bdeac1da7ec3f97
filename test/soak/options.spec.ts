import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe(readOptions.name, () => {
  it('runs every phase in full unless told otherwise', () => {
    expect(readOptions([])).toMatchObject({
      only: [],
      peers: [],
      peersOnly: false,
      scale: { share: 1, seconds: 240, concurrency: 64 },
    });
  });

  it('tries the picker by phases of its own', () => {
    expect(readOptions(['--program=picker']).phases.map(({ name }) => name)).toEqual(['streams']);
  });

  it('takes what is asked for', () => {
    const options = readOptions([
      ...['--quick', '--only', 'stale,drain', '--seconds', '5', '--seed', '9'],
      ...['--peer', 'other=run "a b" {port} {decoder}', '--json', 'x.json'],
    ]);
    expect(options).toMatchObject({ only: ['stale', 'drain'], seed: 9, json: 'x.json' });
    expect(options.scale).toMatchObject({ seconds: 5 });
    expect(options.scale.share).toBeLessThan(1);
    expect(options.peers).toEqual([
      { name: 'other', command: ['run', 'a b', '{port}', '{decoder}'], tandem: false },
    ]);
  });

  it.each([
    [['--only', 'nothing'], 'no phase "nothing"'],
    [['--seconds', 'x'], '--seconds: a whole number'],
    [['--concurrency', '0'], '--concurrency: a whole number'],
    [['--peer', 'command'], 'NAME=COMMAND'],
    [['--program', 'router'], '--program: sidecar or picker'],
    [['--what'], '--what'],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});
