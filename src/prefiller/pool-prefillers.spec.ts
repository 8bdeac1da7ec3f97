import { describe, expect, it } from '@jest/globals';
import { pod, PoolStub } from '../../test/support/pool-stub.js';
import { PoolPrefillers } from './pool-prefillers.js';

const labels = (targets: readonly { label: string }[]): string[] =>
  targets.map(({ label }) => label).sort();

describe(PoolPrefillers.name, () => {
  it('knows none before the pool is read', () => {
    const prefillers = new PoolPrefillers(new PoolStub(), undefined, 8000);
    expect([...prefillers.at(1), ...prefillers.discovered()]).toEqual([]);
  });

  it('takes those whose role it is to prefill', () => {
    const pool = new PoolStub();
    const roles = ['prefill', 'decode', 'prefill-decode', 'both', 'encode-prefill', 'encode'];
    pool.set([
      ...roles.map((role, index) => pod(role, `10.0.0.${index}`, { role })),
      pod('none', '10.0.0.9'),
    ]);
    expect(labels(new PoolPrefillers(pool, undefined, undefined).at(7))).toEqual([
      '10.0.0.0:7',
      '10.0.0.2:7',
      '10.0.0.3:7',
      '10.0.0.4:7',
    ]);
  });

  it('takes all but this one where no pod has a role', () => {
    const pool = new PoolStub();
    pool.set([pod('a', '10.0.0.1'), pod('b', '10.0.0.2'), pod('c', 'fd00::3')]);
    expect(labels(new PoolPrefillers(pool, '10.0.0.1', undefined).at(7))).toEqual([
      '10.0.0.2:7',
      '[fd00::3]:7',
    ]);
    expect(labels(new PoolPrefillers(pool, 'FD00:0::3', undefined).at(7))).toEqual([
      '10.0.0.1:7',
      '10.0.0.2:7',
    ]);
  });

  it('leaves out pods that are not ready', () => {
    const pool = new PoolStub();
    pool.set([pod('a', '10.0.0.1', { ready: false })]);
    expect(new PoolPrefillers(pool, undefined, undefined).at(7)).toEqual([]);
  });

  it('finds them at the configured port, else at the first target port of the pool', () => {
    const pool = new PoolStub();
    pool.set([pod('a', '10.0.0.1')], [8200, 8201]);
    expect(labels(new PoolPrefillers(pool, undefined, 9).discovered())).toEqual(['10.0.0.1:9']);
    const byPool = new PoolPrefillers(pool, undefined, undefined);
    expect(labels(byPool.discovered())).toEqual(['10.0.0.1:8200']);
    pool.set([pod('a', '10.0.0.1')], []);
    expect(byPool.discovered()).toEqual([]);
  });
});
