import type { AttemptRecord, Decision } from '../routing/decision.js';

/** A worker that could have been chosen. */
export interface CandidateView {
  readonly worker: string;
  /** As the policy weighed it, higher is better; null where it weighs nothing. */
  readonly score: number | null;
  /** Before this request was counted. */
  readonly load: number;
}

export interface ChoiceView {
  readonly role: string;
  readonly policy: string;
  readonly worker: string;
  readonly reason: string;
  readonly candidates: readonly CandidateView[];
  /** More of them than are shown. */
  readonly candidatesLeftOut?: number;
}

export interface AttemptView {
  readonly role: string;
  readonly worker: string;
  readonly status: number | null;
  readonly error: string | null;
  readonly ms: number;
}

/** Why a request went where it went, for people and programs. */
export interface DecisionView {
  readonly policy: string | null;
  readonly worker: string | null;
  readonly reason: string;
  readonly candidates: readonly CandidateView[];
  readonly candidatesLeftOut?: number;
  readonly attempts: readonly AttemptView[];
  /** All choices in their order, where there was more than one. */
  readonly choices?: readonly ChoiceView[];
}

/** What an exchange of the router knows of it. */
export interface Decided {
  readonly decisions: readonly Decision[];
  readonly attempts: readonly AttemptRecord[];
  readonly errorCode?: string | undefined;
}

/** Shown of a choice unless said otherwise. */
const MOST_CANDIDATES = 100;

/**
 * @param most candidates of a choice; the one that was chosen is among them
 * @returns the choice of the worker that answered, and the attempts
 */
export function decisionView(
  { decisions, attempts, errorCode }: Decided,
  most = MOST_CANDIDATES,
): DecisionView {
  const choices = decisions.map((decision) => choiceView(decision, most));
  const main = choices.findLast(({ role }) => role !== 'prefill') ?? choices.at(-1);
  return {
    policy: main?.policy ?? null,
    worker: main?.worker ?? null,
    reason: main?.reason ?? errorCode ?? 'no choice was made',
    candidates: main?.candidates ?? [],
    ...(main?.candidatesLeftOut !== undefined && { candidatesLeftOut: main.candidatesLeftOut }),
    attempts: attempts.map(attemptView),
    ...(choices.length > 1 && { choices }),
  };
}

export function attemptView({ role, worker, status, error, ms }: AttemptRecord): AttemptView {
  return { role, worker, status: status ?? null, error: error ?? null, ms: rounded(ms) };
}

function choiceView(decision: Decision, most: number): ChoiceView {
  const { role, policy, worker, reason, candidates } = decision;
  const shown = shownOf(decision, most);
  const leftOut = candidates.length - shown.length;
  return {
    ...{ role, policy, worker, reason, candidates: shown },
    ...(leftOut > 0 && { candidatesLeftOut: leftOut }),
  };
}

/** The first ones; of more than may be shown the last place is that of the one that was chosen. */
function shownOf({ worker, candidates, loads, scores }: Decision, most: number): CandidateView[] {
  const view = (at: number): CandidateView => ({
    worker: candidates[at]!.id,
    score: scoreOf(scores?.[at]),
    load: loads[at] ?? 0,
  });
  const count = Math.min(candidates.length, most);
  const shown = Array.from({ length: count }, (_, at) => view(at));
  if (count === candidates.length || shown.some((one) => one.worker === worker)) return shown;
  const chosen = candidates.findIndex(({ id }) => id === worker);
  if (chosen >= 0) shown[count - 1] = view(chosen);
  return shown;
}

/** JSON has no infinity. */
function scoreOf(score: number | undefined): number | null {
  return score !== undefined && Number.isFinite(score) ? Math.round(score * 1e6) / 1e6 : null;
}

export function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
