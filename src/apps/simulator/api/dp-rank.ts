import { ApiError } from '../http/api-error.js';
import type { SimulatorConfig } from '../simulator.settings.js';

type Ranks = Pick<SimulatorConfig, 'dataParallelSize' | 'dataParallelSizeLocal'>;

/**
 * The rank of this pod that a request runs on.
 *
 * @param field its `x-data-parallel-rank`; what is no integer does not count
 * @returns any rank where none is asked for
 * @throws ApiError 400 for a rank that this pod has not, in vLLM's words
 */
export function dpRankOf(
  field: string | undefined,
  { dataParallelSize, dataParallelSizeLocal }: Ranks,
): number {
  const ranks = dataParallelSizeLocal || dataParallelSize;
  if (field === undefined || !/^\s*[+-]?\d+\s*$/.test(field)) {
    return Math.floor(Math.random() * ranks);
  }
  const rank = Number(field);
  if (rank >= 0 && rank < ranks) return rank;
  throw ApiError.badRequest(`data_parallel_rank ${rank} is out of range [0, ${ranks}).`);
}
