import { hash } from 'node:crypto';
import { RANK_FIELD } from '../rank-field.js';

/** Data-parallel engines, of which a pod may run a part. */
export interface DpWorld {
  /** Ranks in all pods of a side together. */
  readonly size: number;
  /** Ranks in each pod; 0: all of them. */
  readonly sizeLocal: number;
}

/** Engines without data parallelism. */
export const ONE_RANK: DpWorld = { size: 1, sizeLocal: 0 };

/**
 * The data-parallel rank on which both legs of a request run, so that their engines agree without asking each other:
 * BLAKE2s-256 of the id, its first eight bytes as a big-endian number, modulo the number of ranks, folded to those of
 * one pod. An engine's API server knows the ranks of its own pod alone, from 0
 * (https://github.com/llm-d/llm-d-router/pull/2816).
 *
 * @returns at least 0, below `sizeLocal`, or below `size` where that is 0
 */
export function rankOf(requestId: string, { size, sizeLocal }: DpWorld): number {
  if (size <= 1) return 0;
  const digest = hash('blake2s256', requestId, 'buffer');
  return inPod(Number(digest.readBigUInt64BE() % BigInt(size)), sizeLocal);
}

/** @returns a rank of the whole world as its own pod counts it */
export function inPod(rank: number, sizeLocal: number): number {
  return sizeLocal > 0 ? rank % sizeLocal : rank;
}

/** @returns whether a side has several pods, so that a rank within one says nothing of which */
export function hasPods({ size, sizeLocal }: DpWorld): boolean {
  return sizeLocal > 0 && sizeLocal < size;
}

/** @returns what a leg's head says so that it runs on this rank; nothing where there is no choice */
export function rankFields(
  rank: number,
  { size, sizeLocal }: DpWorld,
): { fields?: Readonly<Record<string, string>> } {
  return size > 1 ? { fields: { [RANK_FIELD]: String(inPod(rank, sizeLocal)) } } : {};
}
