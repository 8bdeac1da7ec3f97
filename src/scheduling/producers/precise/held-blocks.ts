import type { ExpectedBlocks } from '../../../kv-events/expected-blocks.js';
import type { WorkerBlocks } from '../../../kv-events/worker-blocks.js';

/**
 * @param chain hashes of a prompt's blocks
 * @param cache any place in it counts: memory of the GPU, of the host, disks
 * @param expected what it will hold soon; undefined where nothing is expected
 * @returns leading blocks that it holds, without a gap
 */
export function heldBlocks(
  chain: Float64Array,
  cache: WorkerBlocks,
  expected: ExpectedBlocks | undefined,
  now: number,
): number {
  let held = 0;
  while (held < chain.length) {
    const hash = chain[held]!;
    if (cache.tiersOf(hash) === 0 && !expected?.has(hash, now)) break;
    held++;
  }
  return held;
}
