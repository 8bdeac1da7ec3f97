import type { ServerState } from '../scheduling/server-state.js';
import { READING_FIELDS } from './polling/poll-settings.js';

/**
 * Writes one reading of a report into the state. What was not told stays as it was.
 *
 * @param from where the reading begins @param attributes of the engine's custom metrics
 */
export function writeReading(
  state: ServerState,
  readings: Float64Array,
  from: number,
  attributes: readonly string[],
): void {
  state.readAt = readings[from + 1]!;
  state.waiting = told(readings[from + 2]!, state.waiting);
  state.running = told(readings[from + 3]!, state.running);
  state.kvUsage = told(readings[from + 4]!, state.kvUsage);
  state.blockSize = told(readings[from + 5]!, state.blockSize);
  state.blocks = told(readings[from + 6]!, state.blocks);
  if (attributes.length > 0) writeCustom(state, readings, from + READING_FIELDS, attributes);
}

function writeCustom(
  state: ServerState,
  readings: Float64Array,
  from: number,
  attributes: readonly string[],
): void {
  // Those that read it keep the map: one an endpoint, changed in place like the rest.
  const custom = state.custom instanceof OwnMap ? state.custom : new OwnMap();
  state.custom = custom;
  for (let i = 0; i < attributes.length; i++) {
    const value = readings[from + i]!;
    if (!Number.isNaN(value)) custom.set(attributes[i]!, value);
  }
}

/** A map of one state alone: the empty one of states that are new is shared by all. */
class OwnMap extends Map<string, number> {}

const told = (value: number, before: number): number => (Number.isNaN(value) ? before : value);
