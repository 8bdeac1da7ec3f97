import { DecoderHealth, type DecoderHealthOptions } from './decoder.health.js';
import { DrainHealth } from './drain.health.js';
import { DrainState } from './drain-state.js';
import { HealthRegistry } from './health-registry.service.js';

/** The health of one process, shared by the applications on its ports. */
export interface HealthState {
  readonly registry: HealthRegistry;
  readonly drain: DrainState;
}

/** How the decoders of all ranks are asked. */
export interface DecodersOptions extends Omit<DecoderHealthOptions, 'rank'> {
  /** Data-parallel ranks, at ports in a row from `port` on; 1 unless given. */
  readonly ranks?: number | undefined;
}

/** @returns a state that is ready while the decoder (of a rank, or of all) is reachable and no shutdown has begun */
export function createHealthState({ ranks = 1, ...decoder }: DecodersOptions): HealthState {
  const registry = new HealthRegistry();
  const drain = new DrainState();
  registry.register(new DrainHealth(drain));
  if (ranks === 1) registry.register(new DecoderHealth(decoder));
  else {
    for (let rank = 0; rank < ranks; rank++)
      registry.register(new DecoderHealth({ ...decoder, port: decoder.port + rank, rank }));
  }
  return { registry, drain };
}
