import type { ScheduledEndpoint } from './scheduled-endpoint.js';

/** What a profile does, one after another. */
export type ProfileStep = 'filter_endpoints' | 'llm_d.epp.scoring' | 'pick_endpoints';

/** Wants to know how long the steps of a decision take. */
export interface SchedulingTrace {
  /** @param candidates number of endpoints that it begins with */
  profileBegan(name: string, candidates: number): void;
  /** The step before it, if there was one, is over. @param endpoints number of those that it begins with */
  stepBegan(step: ProfileStep, endpoints: number): void;
  /** @param picked undefined where its filters left nothing */
  profileEnded(picked: readonly ScheduledEndpoint[] | undefined): void;
}
