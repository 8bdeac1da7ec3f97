import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

describe(readOptions.name, () => {
  it('puts given peers before its own and takes the first as the base', () => {
    const options = readOptions(['--peer', 'go=/bin/pd --port={port}', '--builtin', 'direct']);
    expect(options.peers.map(({ name }) => name)).toEqual(['go', 'direct']);
    expect(options.base).toBe('go');
    expect(options.peers[0]?.command).toEqual(['/bin/pd', '--port={port}']);
  });

  it('keeps quoted blanks of a command in one word', () => {
    const { peers } = readOptions(['--peer', `a='/my bin/x' --y="1 2"`, '--builtin', 'none']);
    expect(peers[0]?.command).toEqual(['/my bin/x', '--y=1 2']);
  });

  it('applies what differs from the sidecars', () => {
    const { peers } = readOptions([
      ...['--peer', 'r=router', '--builtin', 'none', '--peer-option', 'r.prefill-header='],
      ...['--peer-option', 'r.health=/ready', '--peer-option', 'r.skip=pass'],
    ]);
    expect(peers[0]).toMatchObject({ prefillHeader: '', healthPath: '/ready', skip: ['pass'] });
  });

  it('gives routers the conventions of routers, and its policy', () => {
    const { peers, base } = readOptions([
      ...['--program', 'router', '--policy', 'cache_aware', '--builtin', 'tandem,direct'],
      ...['--peer', 'r=router --policy {policy} --worker-urls {workers}'],
    ]);
    expect(base).toBe('r');
    expect(peers.map(({ healthPath, routes }) => [healthPath, routes])).toEqual([
      ['/readiness', true],
      ['/readiness', true],
      ['/readiness', true],
    ]);
    expect(peers[0]?.command).toEqual(
      'router --policy cache_aware --worker-urls {workers}'.split(' '),
    );
    expect(peers[1]?.command).toContain('--policy=cache_aware');
  });

  it.each([
    [['--program', 'x'], '--program: no program x'],
    [['--program', 'router', '--only', 'short'], '--only: no workload short'],
    [['--peer', 'nothing'], '--peer: not NAME=COMMAND: nothing'],
    [['--builtin', 'none'], 'no peer: give --peer or --builtin'],
    [['--base', 'x'], '--base: no peer x'],
    [['--rounds', '0'], '--rounds: not a positive number: 0'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(message);
  });
});

describe('of pickers', () => {
  it('reads peers that have a configuration, and a short quick run', () => {
    const options = readOptions([
      ...['--program', 'picker', '--quick', '--peer', 'epp=epp --config-file={config}'],
    ]);
    expect(options.peers.map(({ name, dialect }) => [name, dialect])).toEqual([
      ['epp', 'llm-d'],
      ['tandem', 'tandem'],
      ['direct', 'llm-d'],
    ]);
    expect(options.only).toEqual(['idle-10', 'default-10', 'round-robin-10']);
  });
});
