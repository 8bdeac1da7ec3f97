import type { Counts } from '../engine/behaviour.js';
import type { Failures } from '../load/failures.js';
import type { Target } from '../load/target.js';

/** Checks that each of `sent` requests met the engines that it had to meet, once. */
export function legProblems({ workers }: Target, counts: Counts, sent: number): string[] {
  if (!workers) return disaggregationProblems(counts, sent);
  const { passed, prefills, decodes, badDecodes } = counts;
  const problems: string[] = [];
  if (passed !== sent) problems.push(`${passed} requests at the workers for ${sent}`);
  const strange = prefills + decodes + badDecodes;
  if (strange > 0) problems.push(`${strange} requests with transfer parameters`);
  return problems;
}

/**
 * Checks that `sent` disaggregated requests met each engine exactly once, in order, with the right
 * parameters. Requests that the client gave up or saw fail are already in `failures`.
 */
export function disaggregationProblems(counts: Counts, sent: number): string[] {
  const problems: string[] = [];
  if (counts.prefills !== sent) problems.push(`${counts.prefills} prefills for ${sent} requests`);
  if (counts.decodes !== sent)
    problems.push(`${counts.decodes} right decodes for ${sent} requests`);
  if (counts.badPrefills > 0) problems.push(`${counts.badPrefills} prefills without parameters`);
  if (counts.badDecodes > 0) problems.push(`${counts.badDecodes} decodes with wrong parameters`);
  if (counts.passed > 0) problems.push(`${counts.passed} decodes without parameters`);
  return problems;
}

/** Says what the client saw fail. */
export function failureProblems(failures: Failures): string[] {
  return Object.entries(failures).map(([reason, times]) => `${times} × ${reason}`);
}

/** Checks the fully read sample: all its legs there, the prompt as sent. */
export function sampleProblems({ workers }: Target, counts: Counts, digest: string): string[] {
  const problems = counts.samples.flatMap((sample) =>
    sample.digest === digest
      ? sample.problems
      : [...sample.problems, `${sample.leg} got another prompt`],
  );
  const legs = counts.samples.map((sample) => sample.leg).join(' then ');
  if (legs !== (workers ? 'decode' : 'prefill then decode'))
    problems.push(`sample went to ${legs || 'no engine'}`);
  return problems;
}
