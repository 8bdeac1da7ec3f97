import type { Endpoints } from './plugin.js';
import type { FilterRecord, ProfileRecord } from './scheduling-result.js';

/** Notes what the plugins of a profile do, for whoever asks for the reasons. */
export class ProfileRecorder implements ProfileRecord {
  readonly candidates: readonly string[];
  readonly filters: FilterRecord[] = [];
  readonly scores: Record<string, Record<string, number>> = {};
  picked: readonly string[] = [];

  constructor(endpoints: Endpoints) {
    this.candidates = endpoints.map(({ id }) => id);
  }

  /** @param plugin name in the configuration */
  filtered(plugin: string, before: Endpoints, after: Endpoints): void {
    const kept = new Set(after);
    const dropped = before.filter((endpoint) => !kept.has(endpoint)).map(({ id }) => id);
    this.filters.push({ plugin, dropped });
  }

  /** @param plugin name in the configuration, or `total` */
  scored(plugin: string, endpoints: Endpoints, scores: Float64Array): void {
    endpoints.forEach(({ id }, i) => ((this.scores[id] ??= {})[plugin] = scores[i]!));
  }

  ended(picked: Endpoints): void {
    this.picked = picked.map(({ id }) => id);
  }
}
