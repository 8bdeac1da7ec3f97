import type { ProfileRecord } from './scheduling-result.js';

/** Why a request goes nowhere, as the header of the answer spells it. */
export type DropReason = 'rejected-saturated' | 'rejected-no-endpoints';

/** A request that no endpoint was found for. */
export class SchedulingFailure {
  /**
   * @param status 429 where all are too busy, 503 where there is none, 400 where the client asks for what is not there
   * @param reason undefined with 400
   * @param message for the client
   * @param records by profile; undefined unless the request wants to be explained
   */
  constructor(
    readonly status: 400 | 429 | 503,
    readonly reason: DropReason | undefined,
    readonly message: string,
    readonly records: ReadonlyMap<string, ProfileRecord> | undefined,
  ) {}
}
