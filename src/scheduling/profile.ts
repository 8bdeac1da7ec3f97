import type { InferenceRequest } from './inference-request.js';
import type { ProfileSetup } from './picker-setup.js';
import type { Endpoints, Filter } from './plugin.js';
import type { ProfileRecorder } from './profile-recorder.js';
import type { ScoreBuffers } from './score-buffers.js';

/** Filters, scorers and a picker, one after another. */
export class Profile {
  /** That which left nothing in the last run; undefined where something was left. */
  drainedBy: Filter | undefined;

  constructor(
    private readonly setup: ProfileSetup,
    private readonly buffers: ScoreBuffers,
  ) {}

  /** @returns those picked, the first choice first; undefined where the filters leave none */
  run(
    request: InferenceRequest,
    endpoints: Endpoints,
    recorder: ProfileRecorder | undefined,
  ): Endpoints | undefined {
    this.drainedBy = undefined;
    const { trace } = request;
    trace?.stepBegan('filter_endpoints', endpoints.length);
    let left = endpoints;
    for (const { name, plugin } of this.setup.filters) {
      const kept = plugin.filter(request, left);
      recorder?.filtered(name, left, kept);
      if (kept.length === 0) {
        this.drainedBy = plugin;
        return undefined;
      }
      left = kept;
    }
    trace?.stepBegan('llm_d.epp.scoring', left.length);
    const totals = this.score(request, left, recorder);
    trace?.stepBegan('pick_endpoints', left.length);
    const picked = this.setup.picker.plugin.pick(request, left, totals);
    recorder?.ended(picked);
    return picked.length > 0 ? picked : undefined;
  }

  /** @returns whether the last run came to nothing because all endpoints that would do are too busy */
  isSaturated(request: InferenceRequest, endpoints: Endpoints): boolean {
    if (!this.drainedBy) return false;
    if (this.drainedBy.saturates) return true;
    let left = endpoints;
    for (const { plugin } of this.setup.filters) {
      if (!plugin.saturates) left = plugin.filter(request, left);
      if (left.length === 0) return false;
    }
    return true;
  }

  private score(
    request: InferenceRequest,
    endpoints: Endpoints,
    recorder: ProfileRecorder | undefined,
  ): Float64Array {
    const count = endpoints.length;
    const totals = this.buffers.totalsOf(count);
    const scores = this.buffers.scoresOf(count);
    for (const { name, plugin, weight } of this.setup.scorers) {
      scores.fill(0);
      plugin.score(request, endpoints, scores);
      clamp(scores);
      for (let i = 0; i < count; i++) totals[i] = totals[i]! + scores[i]! * weight;
      recorder?.scored(name, endpoints, scores);
    }
    recorder?.scored('total', endpoints, totals);
    return totals;
  }
}

/** What is no number counts as 0. */
function clamp(scores: Float64Array): void {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (!(score >= 0)) scores[i] = 0;
    else if (score > 1) scores[i] = 1;
  }
}
