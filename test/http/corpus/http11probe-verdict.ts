import { fieldOf, type ReadAnswer } from '../wire/answer-reader.js';
import { readRequests } from '../wire/request-reader.js';

/** One case of Http11Probe. */
export interface ProbeCase {
  readonly id: string;
  readonly suite: string;
  readonly scored: boolean;
  readonly expected: string;
  readonly steps: readonly {
    readonly parts: readonly {
      readonly payload: { readonly b64?: string; readonly gz_b64?: string };
      readonly delayMs: number;
    }[];
  }[];
  /** `{Pass: {Open: [400], …}, Warn: …}`; `Fail|Pass` where body or fields decide. */
  readonly verdicts?: Readonly<
    Record<string, Readonly<Record<string, readonly (number | 'none')[]>>>
  >;
  readonly sequence?: boolean;
}

export type ProbeVerdict = 'pass' | 'warn' | 'fail';
export type ConnectionState = 'Open' | 'ClosedByServer' | 'TimedOut';

/** What was seen of a case. */
export interface ProbeOutcome {
  readonly state: ConnectionState;
  readonly sent: string;
  readonly answers: readonly ReadAnswer[];
}

/** The verdict of the corpus on an outcome. */
export function decide(
  one: ProbeCase,
  outcome: ProbeOutcome,
): { verdict: ProbeVerdict; ambiguous: boolean } {
  if (one.sequence) return { verdict: decideSequence(outcome, one.steps.length), ambiguous: false };
  const status = outcome.answers[0]?.status ?? 'none';
  for (const [words, states] of Object.entries(one.verdicts ?? {})) {
    if (!states[outcome.state]?.includes(status)) continue;
    if (!words.includes('|')) return { verdict: verdictOf(words), ambiguous: false };
    const worse = words.includes('Fail') ? 'fail' : 'warn';
    return { verdict: isFulfilled(one.expected, outcome) ? 'pass' : worse, ambiguous: true };
  }
  return { verdict: 'fail', ambiguous: false };
}

/** An attack in several steps: the first one refused is a pass, an answer to what was smuggled a failure. */
function decideSequence({ state, answers }: ProbeOutcome, steps: number): ProbeVerdict {
  const [first] = answers;
  if (first === undefined || first.status === 400) return 'pass';
  if (answers.length > steps) return 'fail';
  return state === 'ClosedByServer' ? 'pass' : 'warn';
}

function verdictOf(word: string): ProbeVerdict {
  return word === 'Pass' ? 'pass' : word === 'Warn' ? 'warn' : 'fail';
}

/** What the words of the expectation say beyond the status. */
function isFulfilled(expected: string, { answers, sent }: ProbeOutcome): boolean {
  const [answer] = answers;
  const [request] = readRequests(sent).requests;
  if (answer === undefined) return false;
  if (/no body/.test(expected)) return answer.body === '';
  if (/without CL/.test(expected)) return fieldOf(answer, 'content-length') === undefined;
  if (/Allow/.test(expected)) return fieldOf(answer, 'allow') !== undefined;
  if (/Date|IMF/.test(expected)) return / GMT$/.test(fieldOf(answer, 'date') ?? '');
  if (/Content-Type/.test(expected)) return fieldOf(answer, 'content-type') !== undefined;
  return answer.body === request?.body;
}
