import { DecoderHealth, type DecoderHealthOptions } from './decoder.health.js';
import { DrainHealth } from './drain.health.js';
import { DrainState } from './drain-state.js';
import { HealthRegistry } from './health-registry.service.js';

/** The health of one process, shared by the applications on its ports. */
export interface HealthState {
  readonly registry: HealthRegistry;
  readonly drain: DrainState;
}

/** @returns a state that is ready while the decoder is reachable and no shutdown has begun */
export function createHealthState(decoder: DecoderHealthOptions): HealthState {
  const registry = new HealthRegistry();
  const drain = new DrainState();
  registry.register(new DrainHealth(drain));
  registry.register(new DecoderHealth(decoder));
  return { registry, drain };
}
