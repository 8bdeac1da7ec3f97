import type { IncomingMessage } from 'node:http';
import { RANK_FIELD } from '../../../connector/rank-field.js';
import type { Endpoint } from '../../../fleet/endpoint.js';

/** Where a request itself says who is to answer it. */
export interface Pins {
  /** `x-smg-target-worker`: a worker's index among those of its role, its id or its URL. */
  readonly worker: string | undefined;
  /** `x-data-parallel-rank`. */
  readonly rank: number | undefined;
}

const RANK = /^\d{1,5}$/;

/** @returns undefined for a request that pins nothing, as nearly all are */
export function pinsOf({ headers }: IncomingMessage): Pins | undefined {
  const worker = headers['x-smg-target-worker'];
  const rank = headers[RANK_FIELD];
  if (worker === undefined && rank === undefined) return undefined;
  return {
    worker: typeof worker === 'string' ? worker.trim() : undefined,
    rank: typeof rank === 'string' && RANK.test(rank) ? Number(rank) : undefined,
  };
}

/**
 * @param members all endpoints of the pool, in the order of their registration
 * @param candidates those that may get the request
 * @returns the one that is pinned, where it is one of them
 */
export function pinnedWorker(
  { worker, rank }: Pins,
  members: readonly Endpoint[],
  candidates: readonly Endpoint[],
): Endpoint | undefined {
  if (worker === undefined) return undefined;
  const url = worker.toLowerCase().replace(/\/$/, '');
  const isNamed = (one: Endpoint): boolean =>
    one.id === url || one.uuid === worker || one.spec.address.url === url;
  const named = /^\d+$/.test(worker)
    ? members[Number(worker)]
    : members.find((one) => isNamed(one) && (rank === undefined || (one.rank ?? rank) === rank));
  return named && candidates.includes(named) ? named : undefined;
}

/** @returns those of the pinned rank; all where no endpoint has it, for then the rank is the worker's to judge */
export function ofPinnedRank({ rank }: Pins, candidates: readonly Endpoint[]): readonly Endpoint[] {
  if (rank === undefined) return candidates;
  const ranked = candidates.filter((one) => one.rank === rank);
  return ranked.length > 0 ? ranked : candidates;
}
