import { describe, expect, it } from '@jest/globals';
import {
  FlowClock,
  flowRequest,
  flowServer,
  settled,
  type FlowServer,
} from '../../test/support/flow-harness.js';
import { FlowModel, type ModelRules } from '../../test/support/flow-model.js';
import { randomOf } from '../../test/support/random-pods.js';
import type { FlowRequest, Waiting } from './admission.js';
import { ConcurrencyDetector } from './detectors/concurrency-detector.js';
import { GlobalStrictFairness } from './fairness/global-strict-fairness-policy.js';
import { RoundRobinFairness } from './fairness/round-robin-fairness-policy.js';
import { FlowControl } from './flow-control.js';
import { EdfOrdering } from './ordering/edf-ordering-policy.js';
import { FcfsOrdering } from './ordering/fcfs-ordering-policy.js';
import { SloDeadlineOrdering } from './ordering/slo-deadline-ordering-policy.js';
import { PoolSaturation } from './pool-saturation.js';
import { PriorityHoldback } from './usage-limits/priority-holdback-policy.js';
import { StaticUsageLimit } from './usage-limits/static-usage-limit-policy.js';

const PRIORITIES = [2, 0, -1];
const PER_SERVER = 3;
const TTL = 400;
const MOST = 12;
const STEPS = 10_000;
const WORDS: Readonly<Record<string, string>> = {
  ...{ Dispatched: 'on', RejectedCapacity: 'full', RejectedNoEndpoints: 'full' },
  ...{ EvictedTTL: 'expired', EvictedNoEndpoints: 'expired', EvictedContextCancelled: 'left' },
};

const ORDERINGS = {
  fcfs: [new FcfsOrdering(), () => 0],
  edf: [new EdfOrdering(), (_: FlowRequest, since: number) => since + TTL],
  slo: [
    new SloDeadlineOrdering(),
    ({ receivedAt, sloTtftMs }: FlowRequest) => receivedAt + (sloTtftMs ?? Infinity),
  ],
} as const;

/** Flow control and the model, side by side, told the same. */
class Run {
  readonly clock = new FlowClock();
  readonly log: string[] = [];
  readonly model: FlowModel;
  readonly sut: FlowControl;
  private servers: FlowServer[] = [flowServer('a')];
  private readonly waiting = new Map<FlowRequest, Waiting>();
  private readonly running: FlowRequest[] = [];
  private readonly random: () => number;
  private count = 0;

  constructor(seed: number, ordering: keyof typeof ORDERINGS, turns: boolean, holdback: boolean) {
    this.random = randomOf(seed);
    const [policy, rank] = ORDERINGS[ordering];
    const fairness = turns ? new RoundRobinFairness() : new GlobalStrictFairness();
    const band = { maxRequests: MOST, maxBytes: 1e9, ttl: TTL, fairness, ordering: policy };
    const limits = { mode: 'requests', requests: PER_SERVER, tokens: 1, headroom: 0 } as const;
    const detector = new ConcurrencyDetector({ ...limits, tokensByRole: new Map() });
    const plan = {
      ...{ maxRequests: Infinity, maxBytes: Infinity, noEndpointTtl: undefined },
      bands: {
        byPriority: new Map(PRIORITIES.map((p) => [p, band])),
        others: band,
        negative: band,
      },
      usageLimit: holdback
        ? new PriorityHoldback({ domain: 'rank', minCeiling: 0.5, maxCeiling: 1 })
        : new StaticUsageLimit(),
    };
    this.sut = new FlowControl(
      plan,
      new PoolSaturation(() => this.servers, detector, this.clock.now),
      {
        now: this.clock.now,
        later: this.clock.later,
        observer: { settled: ({ id }, outcome) => this.log.push(`${id} ${WORDS[outcome]}`) },
      },
    );
    const ceilings = new Map(PRIORITIES.map((p, i) => [p, holdback ? 1 - i * 0.25 : 1]));
    const rules: ModelRules = {
      rank,
      turns,
      ceilings,
      perServer: PER_SERVER,
      ttl: TTL,
      most: MOST,
    };
    this.model = new FlowModel(rules);
  }

  /** One thing happens, to both. */
  async step(): Promise<void> {
    if (this.random() < 0.1) this.sut.stateChanged();
    const dice = this.random();
    if (dice < 0.45) this.arrive();
    else if (dice < 0.75) this.end(Math.floor(this.random() * this.running.length));
    else if (dice < 0.82) this.leave();
    else if (dice < 0.84) this.resize(Math.floor(this.random() * 4));
    else await this.pass();
    await settled();
  }

  /** Until nobody is there any more. */
  async drain(): Promise<void> {
    this.resize(2);
    await settled();
    while (this.running.length > 0) {
      this.end(0);
      await settled();
    }
  }

  get openTimers(): number {
    return this.clock.due;
  }

  private arrive(): void {
    const request = flowRequest({
      id: `r${this.count++}`,
      priority: PRIORITIES[Math.floor(this.random() * 3)]!,
      fairnessId: `f${Math.floor(this.random() ** 2 * 4)}`,
      bytes: Math.floor(this.random() * 1000),
      receivedAt: this.clock.time,
      sloTtftMs: this.random() < 0.3 ? undefined : Math.floor(this.random() * 10) * 50,
    });
    this.model.arrive(request, this.clock.time);
    const admittance = this.sut.admit(request);
    if (admittance.kind === 'admitted') this.begin(request);
    if (admittance.kind !== 'waiting') return;
    this.waiting.set(request, admittance);
    admittance.whenSettled((refusal) => {
      this.waiting.delete(request);
      if (!refusal) this.begin(request);
    });
  }

  private begin(request: FlowRequest): void {
    this.running.push(request);
    this.share();
    this.sut.decided(request);
  }

  private end(at: number): void {
    const [request] = this.running.splice(at, 1);
    if (!request) return;
    this.model.running--;
    this.share();
    this.sut.ended(request);
    this.model.serve();
  }

  private leave(): void {
    const all = [...this.waiting];
    const [request, waiting] = all[Math.floor(this.random() * all.length)] ?? [];
    if (!request || !waiting) return;
    this.waiting.delete(request);
    waiting.cancel();
    this.model.leave(request);
  }

  private resize(count: number): void {
    this.servers = Array.from({ length: count }, (_, i) => flowServer(`s${i}`));
    this.share();
    this.sut.endpointsChanged();
    this.model.resize(count, this.clock.time);
  }

  /** The sum is what counts: which server has what is all the same. */
  private share(): void {
    const [first] = this.servers;
    if (first) first.inFlight = this.running.length;
  }

  private async pass(): Promise<void> {
    await this.clock.pass(10);
    this.model.expire(this.clock.time);
    this.model.serve();
  }
}

const CASES = [
  ['fcfs', false, false],
  ['fcfs', true, false],
  ['edf', false, true],
  ['slo', false, false],
  ['slo', true, true],
] as const;

describe(FlowControl.name, () => {
  it.each(CASES)(
    'serves as a simple model does: %s, turns %p, holdback %p',
    async (ordering, turns, holdback) => {
      const run = new Run(11, ordering, turns, holdback);
      for (let step = 0; step < STEPS / CASES.length; step++) {
        await run.step();
        if (run.log.length !== run.model.log.length) break;
        expect(run.sut.state.queued).toBe(run.model.queued);
      }
      expect(run.log).toEqual(run.model.log);
      await run.drain();
      expect(run.log).toEqual(run.model.log);
      const { queued, queuedBytes, pending, underWay, bands } = run.sut.state;
      expect({ queued, queuedBytes, pending, underWay }).toEqual({
        ...{ queued: 0, queuedBytes: 0, pending: 0, underWay: 0 },
      });
      for (const band of bands)
        expect(band).toMatchObject({ queued: 0, queuedBytes: 0, flows: [] });
      expect(new Set(run.log).size).toBe(run.log.length);
      await run.clock.pass(10);
      expect(run.openTimers).toBe(0);
    },
  );
});
