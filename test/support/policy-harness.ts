import type { Candidate, PolicyTools, RequestFeatures } from '../../src/policy/policy.js';
import { randomOf } from './random-pods.js';

/** A candidate whose numbers a test changes. */
export type Endpoint = { -readonly [K in keyof Candidate]: Candidate[K] };

/** @param given an id, or the members that differ from those of an idle endpoint */
export function endpoint(given: string | (Partial<Candidate> & { id: string })): Endpoint {
  const differing = typeof given === 'string' ? { id: given } : given;
  return { load: 0, cost: 1, lastChosen: -Infinity, ...differing };
}

/** @returns so many idle endpoints, `http://e0:8000` and on */
export function endpoints(count: number): Endpoint[] {
  return Array.from({ length: count }, (_, i) => endpoint(`http://e${i}:8000`));
}

/** A clock that stands until it is put forward, and chance that comes out the same for the same seed. */
export class FakeTools implements PolicyTools {
  time = 0;
  readonly random: () => number;

  constructor(seed = 1) {
    this.random = randomOf(seed);
  }

  now(): number {
    return this.time;
  }
}

/** @returns a request of a session, of a text, of both or of neither */
export function requestOf(sessionKey: string | undefined, text = ''): RequestFeatures {
  return { sessionKey, text };
}

/** @returns how often each value comes */
export function countOf<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
