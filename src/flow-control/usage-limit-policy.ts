/** How full the pool may be for requests of each priority. */
export interface UsageLimitPolicy {
  /**
   * Asked once for each dispatch.
   *
   * @param priorities at least one, the highest first
   * @param ceilings one a priority, to be filled: requests go on while the saturation is below
   */
  limit(saturation: number, priorities: readonly number[], ceilings: Float64Array): void;
}
