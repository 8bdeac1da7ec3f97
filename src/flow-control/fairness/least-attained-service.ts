import type { FlowQueue } from '../flow-queue.js';
import type { Programs } from './programs.js';
import { ScoredBand } from './scored-band.js';

export interface ServiceWeights {
  /** Of how little a program got, against the one that got most. */
  readonly service: number;
  /** Of how long its first request waits, against the one that waits longest. */
  readonly headWait: number;
}

/** The program goes first that got the fewest tokens of late. */
export class LeastAttainedService extends ScoredBand {
  private readonly services: number[] = [];
  private mostService = 0;
  private longestWait = 0;
  private time = 0;

  constructor(
    private readonly programs: Programs,
    private readonly weights: ServiceWeights,
    private readonly now: () => number,
  ) {
    super();
  }

  protected prepare(): void {
    this.time = this.now();
    this.mostService = 0;
    this.longestWait = 0;
    this.services.length = this.flows.length;
    for (let at = 0; at < this.flows.length; at++) {
      const flow = this.flows[at]!;
      const service = this.programs.serviceOf(flow.fairnessId);
      this.services[at] = service;
      this.mostService = Math.max(this.mostService, service);
      this.longestWait = Math.max(this.longestWait, this.time - flow.head!.enqueuedAt);
    }
  }

  protected score(flow: FlowQueue): number {
    const { service, headWait } = this.weights;
    const got = this.mostService > 0 ? this.services[flow.heapIndex]! / this.mostService : 0;
    const wait = this.time - flow.head!.enqueuedAt;
    const waited = this.longestWait > 0 ? wait / this.longestWait : 0;
    return service * (1 - got) + headWait * waited;
  }
}
