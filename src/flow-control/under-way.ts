import type { FlowRequest } from './admission.js';
import { estimatedTokens } from '../scheduling/token-count.js';
import type { PendingLoad } from './saturation-detector.js';

/** The requests that were admitted and have not ended. */
export class UnderWay {
  /** Those of them that no endpoint counts yet. One object, changed in place. */
  readonly pending: PendingLoad;
  private readonly load = { requests: 0, tokens: 0 };
  /** Whether each is pending. */
  private readonly requests = new Map<FlowRequest, boolean>();

  constructor() {
    this.pending = this.load;
  }

  get size(): number {
    return this.requests.size;
  }

  admitted(request: FlowRequest): void {
    this.requests.set(request, true);
    this.load.requests++;
    this.load.tokens += estimatedTokens(request.bytes);
  }

  /** @returns whether that is news */
  decided(request: FlowRequest): boolean {
    if (this.requests.get(request) !== true) return false;
    this.requests.set(request, false);
    this.noLongerPending(request);
    return true;
  }

  /** @returns whether it was under way */
  ended(request: FlowRequest): boolean {
    const isPending = this.requests.get(request);
    if (isPending === undefined) return false;
    this.requests.delete(request);
    if (isPending) this.noLongerPending(request);
    return true;
  }

  private noLongerPending(request: FlowRequest): void {
    this.load.requests--;
    this.load.tokens -= estimatedTokens(request.bytes);
  }
}
