import type { Answer } from '../wire/client.js';
import { answerBody } from './bodies.js';
import type { Wrong } from './ledger.js';
import { expectationOf, type Plan } from './plan.js';

/** What is wrong with an answer, if anything. */
export interface Verdict {
  readonly wrong: Wrong;
  readonly reason: string;
}

const ANY_ID = /soak-[0-9a-f]+-\d+/g;

/** Compares what a client got with what its plan allows. */
export function judge(plan: Plan, answer: Answer, tandem: boolean): Verdict | undefined {
  const foreign = foreignId(plan, answer);
  if (foreign !== undefined) return { wrong: 'crossed', reason: `got what is ${foreign}'s` };
  const { statuses, end } = expectationOf(plan, tandem);
  const expected = answerBody(plan);
  if (answer.status === 200) {
    const whole = answer.body.equals(expected);
    const begun = expected.subarray(0, answer.body.length).equals(answer.body);
    if (!begun) return { wrong: 'corrupted', reason: 'other bytes than the decoder sent' };
    if (answer.end === 'whole' && !whole)
      return { wrong: 'truncated yet complete', reason: `${answer.body.length} bytes` };
  }
  if (end === 'left') return undefined;
  if (end === 'cut') {
    // Before its head went out, an answer that breaks off turns into a failure.
    const failed = answer.status >= 502 && answer.end === 'whole';
    if (answer.end === 'cut' || failed) return undefined;
    return { wrong: 'truncated yet complete', reason: `${answer.status} ${answer.end}` };
  }
  if (answer.end !== 'whole' || !statuses.includes(answer.status))
    return { wrong: 'lost', reason: `${answer.status || 'no head'}, ${answer.end}` };
  if (plan.fault === 'decoder-503-retry-after' && !/\r\nretry-after: 1/i.test(answer.head))
    return { wrong: 'corrupted', reason: 'Retry-After is gone' };
  return undefined;
}

function foreignId({ id }: Plan, { head, body }: Answer): string | undefined {
  const text = head + body.toString('latin1');
  for (const [found] of text.matchAll(ANY_ID))
    if (found !== id && !id.startsWith(found)) return found;
  return undefined;
}
