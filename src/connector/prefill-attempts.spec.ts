import { describe, expect, it } from '@jest/globals';
import { parseTarget, type Target } from '../endpoint/target.js';
import { PrefillAttempts, type AttemptEnd, type AttemptPolicy } from './prefill-attempts.js';
import type { Remedy } from '../errors/error-row.js';

const [A, B, C] = ['a:1', 'b:1', 'c:1'].map((text) => parseTarget(text)!) as [
  Target,
  Target,
  Target,
];
const POLICY: AttemptPolicy = { maxRetries: 3, backoff: 1000, admits: () => true };

const failed = (remedy: Remedy, retryAfter?: number): AttemptEnd => ({
  remedy,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

/** Plays attempts to their end; each one fails as told for its host. */
function play(
  candidates: readonly Target[],
  fails: (target: Target, round: number) => AttemptEnd,
  policy: Partial<AttemptPolicy> = {},
  random = (): number => 0.5,
): string[] {
  const attempts = new PrefillAttempts(candidates, { ...POLICY, ...policy }, random);
  let { target } = attempts.first();
  const steps = [target.host];
  for (let round = 1; ; round++) {
    const next = attempts.after(target, fails(target, round));
    if (!next) return steps;
    target = next.target;
    steps.push(next.delay > 0 ? `${next.delay}ms ${target.host}` : target.host);
  }
}

describe(PrefillAttempts.name, () => {
  it('asks one candidate again after 1, 2 and 4 seconds, and then no more', () => {
    expect(play([A], () => failed('retry'))).toEqual(['a', '1000ms a', '2000ms a', '4000ms a']);
  });

  it('asks all candidates at once, one after another, before it waits', () => {
    expect(play([A, B, C], () => failed('retry'), { maxRetries: 1 })).toEqual([
      'a',
      'b',
      'c',
      '1000ms a',
      'b',
      'c',
    ]);
  });

  it('does not wait where nobody may be asked afterwards', () => {
    expect(play([A, B], () => failed('retry'), { admits: () => false })).toEqual(['a', 'b']);
    expect(
      play([A, B], () => failed('retry'), { admits: ({ host }) => host === 'b', maxRetries: 1 }),
    ).toEqual(['a', 'b', '1000ms a', 'b']);
  });

  it('asks nobody again when there are no retries, but still the others', () => {
    expect(play([A, B], () => failed('retry'), { maxRetries: 0 })).toEqual(['a', 'b']);
  });

  it('stops at once where nothing helps', () => {
    expect(play([A, B], () => failed('none'))).toEqual(['a']);
    expect(play([A, B], ({ host }) => failed(host === 'b' ? 'none' : 'retry'))).toEqual(['a', 'b']);
  });

  it('does not come back to a candidate that may not be asked again', () => {
    const fails = ({ host }: Target): AttemptEnd => failed(host === 'a' ? 'fallback' : 'retry');
    expect(play([A, B], fails, { maxRetries: 2 })).toEqual(['a', 'b', '1000ms b', '2000ms b']);
    expect(play([A, B], () => failed('fallback'))).toEqual(['a', 'b']);
  });

  it.each([
    [0, '800ms a'],
    [0.25, '900ms a'],
    [1, '1200ms a'],
  ])('spreads delays by a fifth either way (random %d)', (value, step) => {
    const steps = play(
      [A],
      () => failed('retry'),
      { maxRetries: 1 },
      () => value,
    );
    expect(steps).toEqual(['a', step]);
  });

  it('waits as long as a prefiller asks, where that is longer', () => {
    const steps = play([A], (_target, round) => failed('retry', round === 2 ? 500 : 3000));
    expect(steps).toEqual(['a', '3000ms a', '2000ms a', '4000ms a']);
  });

  it('does not wait for a candidate that was not asked yet', () => {
    expect(play([A, B], () => failed('retry', 9000), { maxRetries: 0 })).toEqual(['a', 'b']);
  });

  it('waits for the one of a round that asks for most', () => {
    const fails = ({ host }: Target): AttemptEnd => failed('retry', host === 'a' ? 9000 : 2000);
    expect(play([A, B], fails, { maxRetries: 1 })).toEqual(['a', 'b', '9000ms a', 'b']);
  });

  it('does not wait in a later round for what was asked in an earlier one', () => {
    const steps = play([A], (_target, round) => failed('retry', round === 1 ? 9000 : undefined));
    expect(steps).toEqual(['a', '9000ms a', '2000ms a', '4000ms a']);
  });

  it('waits not at all when configuration says so', () => {
    expect(play([A], () => failed('retry'), { backoff: 0 })).toEqual(['a', 'a', 'a', 'a']);
  });
});
