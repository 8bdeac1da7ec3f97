import { describe, expect, it } from '@jest/globals';
import { loadSettings } from '../../../config/load-settings.js';
import { routerSettings } from '../router.settings.js';
import { prefillWorkers } from './prefill-workers.js';

const load = (argv: string[], file?: string): unknown =>
  loadSettings(routerSettings, {
    argv: file === undefined ? argv : [...argv, '--configuration', file],
    env: {},
  }).config.prefill;
const at = (url: string, bootstrapPort?: number): object => ({ url, bootstrapPort });

describe(prefillWorkers.name, () => {
  it.each([
    [['--prefill', 'http://p:1', '9001'], [at('http://p:1', 9001)]],
    [['--prefill', 'http://p:1', 'none'], [at('http://p:1')]],
    [['--prefill', 'http://p:1'], [at('http://p:1')]],
    [['--prefill=http://p:1'], [at('http://p:1')]],
    [
      ['--prefill', 'http://p:1', '9001', '--prefill', 'http://q:1', '--pd-disaggregation'],
      [at('http://p:1', 9001), at('http://q:1')],
    ],
    [
      ['--prefill', 'http://p:1', 'http://q:1', '9001', 'http://r:1', 'none'],
      [at('http://p:1'), at('http://q:1', 9001), at('http://r:1')],
    ],
  ])('reads %j', (argv, expected) => {
    expect(load(argv)).toEqual(expected);
  });

  it('reads the list of a file', () => {
    const file =
      'prefill: [{url: "http://p:1", bootstrap-port: 9001}, {url: "http://q:1"}, "http://r:1"]';
    expect(load([], file)).toEqual([at('http://p:1', 9001), at('http://q:1'), at('http://r:1')]);
  });

  it.each([
    [['http://p:1', '0'], 'http://p:1 is followed by 0, which is no bootstrap port'],
    [['http://p:1', '70000'], 'http://p:1 is followed by 70000'],
    [['http://p:1', 'p2'], 'http://p:1 is followed by "p2", which is no bootstrap port: give 1 to'],
    [['p:1'], '"p:1" is no worker URL: give http://HOST:PORT'],
    [['http://p:1', '1', '2'], '"2" is no worker URL'],
  ])('refuses %j', (words, message) => {
    expect(() => load(['--prefill', ...words])).toThrow(`--prefill: ${message}`);
  });

  it('refuses what is wrong in a file', () => {
    expect(() => load([], 'prefill: [{url: "http://p:1", bootstrap-port: x}]')).toThrow(
      /^prefill in .*http:\/\/p:1 is followed by "x"/,
    );
    expect(() => load([], 'prefill: [{url: "http://p:1", port: 1}]')).toThrow('prefill in');
  });
});
