import type { WorkerBlocks } from '../../kv-events/worker-blocks.js';
import type { ExpectedBlocks } from '../../kv-events/expected-blocks.js';

/** How much of a prompt an endpoint holds, from its beginning without a gap. */
export interface HeldPrefix {
  /** What that is worth, in tokens. */
  readonly credit: number;
  /** Other prompts go on differently after it: it is a beginning that many share, such as a system prompt. */
  readonly isShared: boolean;
}

export const NOTHING_HELD: HeldPrefix = { credit: 0, isShared: false };

/**
 * @param chain hashes of the prompt's blocks
 * @param worth of a block, by the set of tiers where it lies
 * @param expected blocks that count as in the best tier until `now` is past their time
 */
export function heldPrefix(
  chain: Float64Array,
  cache: WorkerBlocks,
  worth: readonly number[],
  { expected, now }: { readonly expected: ExpectedBlocks; readonly now: number },
): HeldPrefix {
  let credit = 0;
  let held = 0;
  for (; held < chain.length; held++) {
    const tiers = cache.tiersOf(chain[held]!);
    if (tiers !== 0) credit += worth[tiers]!;
    else if (expected.has(chain[held]!, now)) credit++;
    else break;
  }
  if (held === 0) return NOTHING_HELD;
  const isShared = held < chain.length && cache.isFollowed(chain[held - 1]!);
  return { credit: credit * cache.blockSize, isShared };
}
