import type { StageSaturation } from './admission.js';
import type { Endpoints } from '../scheduling/plugin.js';
import { stagesOf, type Stages } from './roles.js';
import type { PendingLoad, SaturationDetector } from './saturation-detector.js';

/** Milliseconds for which what was worked out holds while nothing is heard: states grow old by themselves. */
const HOLDS_FOR = 10;

/** How full the pool is: stage by stage, worked out when asked, and again only after something has changed. */
export class PoolSaturation {
  private pool: Endpoints | undefined;
  private stages: Stages = { prefill: [], decode: [] };
  private last = 1;
  private readAt = -Infinity;
  private pendingThen = 0;

  constructor(
    private readonly endpoints: () => Endpoints,
    private readonly detector: SaturationDetector,
    private readonly now: () => number,
  ) {}

  /** Nobody is there. */
  get isEmpty(): boolean {
    return this.endpoints().length === 0;
  }

  /** Something has changed that it is made of. */
  changed(): void {
    this.readAt = -Infinity;
  }

  /** Labels may be others: stages are told apart anew. */
  endpointsChanged(): void {
    this.pool = undefined;
    this.changed();
  }

  /** @returns the saturation of the fullest stage; 1 where nobody is there */
  read(pending?: PendingLoad): number {
    const now = this.now();
    const requests = pending?.requests ?? 0;
    const isFresh = now - this.readAt < HOLDS_FOR && requests === this.pendingThen;
    if (isFresh && this.endpoints() === this.pool) return this.last;
    this.readAt = now;
    this.pendingThen = requests;
    this.last = this.effective(pending);
    return this.last;
  }

  /** @returns stage by stage, worked out anew */
  state(pending?: PendingLoad): StageSaturation {
    const { prefill, decode } = this.stagesNow();
    const of = (stage: Endpoints): number | undefined =>
      stage.length > 0 ? this.detector.saturation(stage, pending) : undefined;
    return { prefill: of(prefill), decode: of(decode), effective: this.effective(pending) };
  }

  get stale(): number {
    return this.detector.stale?.(this.endpoints()) ?? 0;
  }

  private effective(pending: PendingLoad | undefined): number {
    const { prefill, decode } = this.stagesNow();
    let most = -1;
    if (prefill.length > 0) most = this.detector.saturation(prefill, pending);
    if (decode.length > 0) most = Math.max(most, this.detector.saturation(decode, pending));
    return most < 0 ? 1 : most;
  }

  private stagesNow(): Stages {
    const endpoints = this.endpoints();
    if (endpoints !== this.pool) {
      this.pool = endpoints;
      this.stages = stagesOf(endpoints);
    }
    return this.stages;
  }
}
