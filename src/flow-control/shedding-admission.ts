import {
  ADMITTED,
  type Admission,
  type AdmissionState,
  type Admittance,
  type FlowRequest,
} from './admission.js';
import type { PoolSaturation } from './pool-saturation.js';
import { SHED } from './refusals.js';

const NOBODY = { queued: 0, queuedBytes: 0, pending: 0, underWay: 0, bands: [] };
const NO_LIMITS = { maxRequests: Infinity, maxBytes: Infinity };

/** Without flow control: nobody waits, and requests of a priority below 0 are shed while the pool is full. */
export class SheddingAdmission implements Admission {
  constructor(private readonly pool: PoolSaturation) {}

  /** An empty pool sheds nobody: that there is no endpoint is the better reason, and scheduling gives it. */
  admit({ priority }: FlowRequest): Admittance {
    if (priority >= 0 || this.pool.isEmpty || this.pool.read() < 1) return ADMITTED;
    return SHED;
  }

  decided(): void {
    this.pool.changed();
  }

  ended(): void {
    this.pool.changed();
  }

  stateChanged(): void {
    this.pool.changed();
  }

  endpointsChanged(): void {
    this.pool.endpointsChanged();
  }

  shutdown(): void {}

  get state(): AdmissionState {
    return {
      ...NOBODY,
      ...NO_LIMITS,
      saturation: this.pool.state(),
      staleEndpoints: this.pool.stale,
    };
  }

  close(): void {}
}
