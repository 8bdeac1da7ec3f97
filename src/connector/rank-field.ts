/** The field by which vLLM's API server picks one of its data-parallel ranks. */
export const RANK_FIELD = 'x-data-parallel-rank';
