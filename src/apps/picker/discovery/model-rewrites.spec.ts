import { describe, expect, it } from '@jest/globals';
import { randomOf } from '../../../../test/support/random-pods.js';
import {
  parseModelRewrite,
  type ModelRewrite,
} from '../../../kubernetes/inference-model-rewrite.js';
import { ModelRewrites } from './model-rewrites.js';

const exact = (...models: string[]) => models.map((value) => ({ model: { type: 'Exact', value } }));
const to = (modelRewrite: string, weight?: number) => ({ modelRewrite, weight });

/** @param day by which the older one is told */
function rewrite(name: string, day: number, rules: unknown[]): ModelRewrite {
  const metadata = { name, creationTimestamp: `2026-01-0${day}T00:00:00Z` };
  const spec = { poolRef: { name: 'pool' }, rules };
  return parseModelRewrite({ metadata, spec }, { name: 'pool', group: undefined })!.item;
}

function rewritesOf(...all: ModelRewrite[]): ModelRewrites {
  const rewrites = new ModelRewrites();
  rewrites.replace(0, new Map(all.map((one) => [one.name, one])));
  return rewrites;
}

const never = (): number => {
  throw new Error('there is no choice');
};

function shares(rewrites: ModelRewrites, draws = 20_000): Record<string, number> {
  const random = randomOf(7);
  const counts: Record<string, number> = {};
  for (let i = 0; i < draws; i++) {
    const { target } = rewrites.targetFor('m', random)!;
    counts[target] = (counts[target] ?? 0) + 1 / draws;
  }
  return counts;
}

describe(ModelRewrites.name, () => {
  it('rewrites nothing where no rule is', () => {
    expect(new ModelRewrites().targetFor('m', never)).toBeUndefined();
    const rewrites = rewritesOf(rewrite('a', 1, [{ matches: exact('x'), targets: [to('y')] }]));
    expect(rewrites.targetFor('m', never)).toBeUndefined();
  });

  it('matches any of the models of a rule, and says whose rule it was', () => {
    const rewrites = rewritesOf(
      rewrite('canary', 1, [{ matches: exact('m', 'n'), targets: [to('t')] }]),
    );
    expect(rewrites.targetFor('m', never)).toEqual({ target: 't', name: 'canary' });
    expect(rewrites.targetFor('n', never)).toEqual({ target: 't', name: 'canary' });
  });

  it('prefers a rule that names the model to one for all, however old', () => {
    const rewrites = rewritesOf(
      rewrite('old', 1, [{ targets: [to('all')] }]),
      rewrite('new', 2, [{ matches: exact('m'), targets: [to('exact')] }]),
    );
    expect(rewrites.targetFor('m', never)!.target).toBe('exact');
    expect(rewrites.targetFor('other', never)!.target).toBe('all');
  });

  it('prefers the oldest object, then the first rule, then the name', () => {
    const rule = (target: string) => ({ matches: exact('m'), targets: [to(target)] });
    const first = rewrite('z', 1, [rule('first'), rule('second')]);
    const later = rewrite('a', 2, [rule('later')]);
    expect(rewritesOf(later, first).targetFor('m', never)!.target).toBe('first');
    const twin = rewrite('b', 2, [rule('twin')]);
    expect(rewritesOf(twin, later).targetFor('m', never)!.target).toBe('later');
  });

  it('draws by weight', () => {
    const targets = [to('a', 90), to('b', 9), to('c', 1)];
    const counts = shares(rewritesOf(rewrite('w', 1, [{ targets }])));
    expect(counts['a']).toBeCloseTo(0.9, 1);
    expect(counts['b']).toBeCloseTo(0.09, 1);
    expect(counts['c']).toBeCloseTo(0.01, 2);
  });

  it('draws evenly where no target has a weight', () => {
    const counts = shares(rewritesOf(rewrite('w', 1, [{ targets: [to('a'), to('b')] }])));
    expect(counts['a']).toBeCloseTo(0.5, 1);
    expect(counts['b']).toBeCloseTo(0.5, 1);
  });

  it('never takes one without a weight beside one with', () => {
    const targets = [to('a'), to('b', 2), to('c', 0)];
    expect(rewritesOf(rewrite('w', 1, [{ targets }])).targetFor('m', never)!.target).toBe('b');
  });

  it('takes the ends of the draw', () => {
    const rewrites = rewritesOf(rewrite('w', 1, [{ targets: [to('a', 1), to('b', 1)] }]));
    expect(rewrites.targetFor('m', () => 0)!.target).toBe('a');
    expect(rewrites.targetFor('m', () => 0.499)!.target).toBe('a');
    expect(rewrites.targetFor('m', () => 0.5)!.target).toBe('b');
    expect(rewrites.targetFor('m', () => 0.999999)!.target).toBe('b');
  });

  it('follows what its sources have', () => {
    const rewrites = rewritesOf(rewrite('a', 2, [{ targets: [to('x')] }]));
    rewrites.replace(1, new Map([['a', rewrite('a', 1, [{ targets: [to('y')] }])]]));
    expect(rewrites.targetFor('m', never)!.target).toBe('y');
    rewrites.replace(1, new Map());
    expect(rewrites.targetFor('m', never)!.target).toBe('x');
    rewrites.replace(0, new Map());
    expect(rewrites.targetFor('m', never)).toBeUndefined();
  });

  it('heeds no rule that it does not understand', () => {
    const rules = [
      { matches: [{ model: { type: 'Regex', value: 'm' } }], targets: [to('a')] },
      { matches: [{}], targets: [to('b')] },
      { matches: exact('m'), targets: [] },
      { matches: exact('m'), targets: [{ weight: 1 }] },
      'nonsense',
    ];
    expect(rewritesOf(rewrite('w', 1, rules)).targetFor('m', never)).toBeUndefined();
  });

  it('is of its own pool alone', () => {
    const object = (poolRef: unknown) => ({
      metadata: { name: 'a' },
      spec: { poolRef, rules: [] },
    });
    const pool = { name: 'pool', group: 'inference.networking.k8s.io' };
    expect(parseModelRewrite(object({ name: 'pool' }), pool)).toBeDefined();
    expect(parseModelRewrite(object({ name: 'pool', group: pool.group }), pool)).toBeDefined();
    expect(parseModelRewrite(object({ name: 'other' }), pool)).toBeUndefined();
    expect(parseModelRewrite(object({ name: 'pool', group: 'x' }), pool)).toBeUndefined();
    expect(parseModelRewrite(object({ name: 'pool', kind: 'Service' }), pool)).toBeUndefined();
    expect(parseModelRewrite(object(undefined), pool)).toBeUndefined();
  });
});
