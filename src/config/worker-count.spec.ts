import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { workerCount } from './worker-count.js';

const workers = (argv: string[], env = {}): number => loadConfig({ argv, env }).config.workers;

describe(workerCount.name, () => {
  it('is one, unless told otherwise', () => expect(workers([])).toBe(1));

  it.each<[string, string[], Record<string, string>]>([
    ['a flag', ['--workers=3'], {}],
    ['a variable', [], { TANDEM_WORKERS: '3' }],
    ['a file', ['--configuration={workers: 3}'], {}],
  ])('is read from %s', (_, argv, env) => expect(workers(argv, env)).toBe(3));

  it('takes auto for the cores that the process may use', () => {
    expect(workerCount(6).schema.parse('auto')).toBe(6);
    expect(workers(['--workers=auto'])).toBeGreaterThanOrEqual(1);
  });

  it.each(['0', '-1', '1.5', 'many', '257', ''])('refuses %p in one line', (value) => {
    expect(() => workers([`--workers=${value}`])).toThrow(ConfigError);
    expect(() => workers([`--workers=${value}`])).toThrow(
      /^--workers: expected a whole number from 1 to 256, or auto/,
    );
  });
});
