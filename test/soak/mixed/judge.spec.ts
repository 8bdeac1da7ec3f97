import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '../../support/arbitrary-json.js';
import type { Answer } from '../wire/client.js';
import { answerBody } from './bodies.js';
import { judge } from './judge.js';
import { makePlan, type Plan } from './plan.js';

const PLAN: Plan = {
  ...makePlan('soak-1-12', () => 0.99, true),
  fault: undefined,
  tokens: 3,
};
const BODY = answerBody(PLAN);

function judged(answer: Partial<Answer>, plan = PLAN): string | undefined {
  const whole: Answer = { status: 200, head: '', body: BODY, end: 'whole', ...answer };
  return judge(plan, whole, true)?.wrong;
}

describe(judge.name, () => {
  it('finds nothing wrong with the whole answer', () => {
    expect(judged({})).toBeUndefined();
  });

  it.each([
    ['lost', { end: 'cut' as const, body: BODY.subarray(0, 9) }],
    ['lost', { status: 502, body: Buffer.from('{}') }],
    ['truncated yet complete', { body: BODY.subarray(0, 9) }],
    ['corrupted', { body: Buffer.from(BODY.toString().replace('/1', '/2')) }],
    ['crossed', { body: Buffer.from(BODY.toString().replaceAll('soak-1-12', 'soak-1-13')) }],
    ['crossed', { head: 'x-request-id: soak-1-99' }],
  ])('calls it %s: %j', (wrong, answer) => {
    expect(judged(answer)).toBe(wrong);
  });

  it('wants an answer cut that the decoder broke off', () => {
    const plan: Plan = { ...PLAN, fault: 'decoder-fin-mid-body' };
    expect(judged({ end: 'cut', body: BODY.subarray(0, 9) }, plan)).toBeUndefined();
    expect(judged({ status: 502, body: Buffer.from('{}') }, plan)).toBeUndefined();
    expect(judged({ body: BODY.subarray(0, 9) }, plan)).toBe('truncated yet complete');
  });
});

describe(makePlan.name, () => {
  it.each([true, false])(
    'breaks more than a quarter of all requests (prefills: %s)',
    (prefills) => {
      const random = seededRandom(1);
      const plans = Array.from({ length: 4000 }, (_, i) =>
        makePlan(`soak-1-${i}`, random, prefills),
      );
      const broken = plans.filter(({ fault }) => fault !== undefined);
      expect(broken.length).toBeGreaterThan(1000);
      if (!prefills) expect(broken.some(({ fault }) => fault?.startsWith('prefill'))).toBe(false);
    },
  );
});
