import { describe, expect, it } from '@jest/globals';
import { flowRequest } from '../../../test/support/flow-harness.js';
import type { FlowRequest } from '../admission.js';
import { Band } from '../band.js';
import type { FairnessPolicy } from '../fairness-policy.js';
import type { EdfOrdering } from '../ordering/edf-ordering-policy.js';
import { FcfsOrdering } from '../ordering/fcfs-ordering-policy.js';
import { SloDeadlineOrdering } from '../ordering/slo-deadline-ordering-policy.js';
import { QueuedRequest } from '../queued-request.js';
import { GlobalStrictFairness } from './global-strict-fairness-policy.js';
import { programAwareFairness, ProgramAwareFairness } from './program-aware-fairness.js';
import { Programs } from './programs.js';
import { RoundRobinFairness } from './round-robin-fairness-policy.js';

const NOBODY = { cancelled: () => undefined };
let sequence = 0;
let time = 0;
const now = () => time;

function bandOf(fairness: FairnessPolicy, ordering = new FcfsOrdering() as EdfOrdering): Band {
  time = 0;
  const plan = { maxRequests: 1e9, maxBytes: 1e9, ttl: 60_000, fairness, ordering };
  return new Band(0, plan, true, 0);
}

function wait(band: Band, given: Partial<FlowRequest>): QueuedRequest {
  const request = flowRequest(given);
  const rank = band.plan.ordering.rank(request, time, band.plan.ttl);
  const queued = new QueuedRequest(
    request,
    { rank, sequence: sequence++, enqueuedAt: time },
    NOBODY,
  );
  band.add(queued);
  return queued;
}

/** One request each, of the flow that the first letter of its id names. */
const waitAll = (band: Band, ids: string) =>
  ids.split(' ').map((id) => wait(band, { id, fairnessId: id[0]! }));

/** @returns ids in the order in which they go on */
function serveAll(band: Band, most = Infinity): string {
  const served: string[] = [];
  while (band.queued > 0 && served.length < most) {
    const { next } = band;
    band.serve(next);
    band.plan.fairness.dispatched?.(next.request);
    served.push(next.request.id);
  }
  return served.join(' ');
}

describe(GlobalStrictFairness.name, () => {
  it('serves as requests came, whatever their flow', () => {
    const band = bandOf(new GlobalStrictFairness());
    waitAll(band, 'a1 a2 b1 a3 c1 b2');
    expect(serveAll(band)).toBe('a1 a2 b1 a3 c1 b2');
  });

  it('goes by the ordering policy over all flows', () => {
    const band = bandOf(new GlobalStrictFairness(), new SloDeadlineOrdering());
    const wants = [
      [3, 'a'],
      [1, 'a'],
      [undefined, 'b'],
      [2, 'b'],
      [1, 'c'],
    ] as const;
    for (const [sloTtftMs, fairnessId] of wants) {
      wait(band, { id: `${fairnessId}${sloTtftMs}`, fairnessId, sloTtftMs });
    }
    expect(serveAll(band)).toBe('a1 c1 b2 a3 bundefined');
  });

  it('heeds those that leave', () => {
    const band = bandOf(new GlobalStrictFairness());
    const [a1, , b1] = waitAll(band, 'a1 a2 b1 b2');
    band.remove(a1!);
    band.remove(b1!);
    expect(serveAll(band)).toBe('a2 b2');
  });
});

describe(RoundRobinFairness.name, () => {
  it('serves one of each flow in turn', () => {
    const band = bandOf(new RoundRobinFairness());
    waitAll(band, 'a1 a2 a3 b1 c1 c2');
    expect(serveAll(band)).toBe('a1 b1 c1 a2 c2 a3');
  });

  it('puts who comes back behind those who wait', () => {
    const band = bandOf(new RoundRobinFairness());
    waitAll(band, 'a1 b1 b2');
    expect(serveAll(band, 1)).toBe('a1');
    waitAll(band, 'a2 c1');
    expect(serveAll(band)).toBe('b1 a2 c1 b2');
  });

  it('orders the requests of a flow by the ordering policy', () => {
    const band = bandOf(new RoundRobinFairness(), new SloDeadlineOrdering());
    wait(band, { id: 'a9', fairnessId: 'a', sloTtftMs: 9 });
    wait(band, { id: 'b5', fairnessId: 'b', sloTtftMs: 5 });
    wait(band, { id: 'a1', fairnessId: 'a', sloTtftMs: 1 });
    expect(serveAll(band)).toBe('a1 b5 a9');
  });
});

const programAware = (given: object = {}) =>
  new ProgramAwareFairness(programAwareFairness.parameters.parse(given), now);

describe(ProgramAwareFairness.name, () => {
  it('serves first who got the fewest tokens', () => {
    const fairness = programAware();
    const band = bandOf(fairness);
    fairness.finished(flowRequest({ fairnessId: 'a' }), 1000, 500);
    fairness.finished(flowRequest({ fairnessId: 'b' }), 100, 50);
    waitAll(band, 'a1 b1 c1');
    expect(serveAll(band)).toBe('c1 b1 a1');
  });

  it('counts a token that is generated twice', () => {
    const fairness = programAware();
    const band = bandOf(fairness);
    fairness.finished(flowRequest({ fairnessId: 'a', bytes: 0 }), 100, 0);
    fairness.finished(flowRequest({ fairnessId: 'b', bytes: 0 }), 0, 51);
    waitAll(band, 'b1 a1');
    expect(serveAll(band)).toBe('a1 b1');
  });

  it('counts a prompt as soon as it goes on, and its tokens once they are known', () => {
    const fairness = programAware();
    const band = bandOf(fairness);
    const large = flowRequest({ fairnessId: 'a', bytes: 4000 });
    fairness.dispatched(large);
    fairness.dispatched(flowRequest({ fairnessId: 'b', bytes: 400 }));
    waitAll(band, 'a1 b1');
    expect(serveAll(band, 1)).toBe('b1');
    fairness.finished(large, 10, 0);
    waitAll(band, 'b2');
    expect(serveAll(band)).toBe('a1 b2');
  });

  it('serves who waits longest among equals', () => {
    const band = bandOf(programAware());
    waitAll(band, 'b1');
    time = 10;
    waitAll(band, 'a1');
    expect(serveAll(band)).toBe('b1 a1');
  });

  it('weighs waiting against tokens', () => {
    const fairness = programAware({ lasWeightService: 0.2, lasWeightHeadWait: 0.8 });
    const band = bandOf(fairness);
    fairness.finished(flowRequest({ fairnessId: 'a' }), 1000, 0);
    waitAll(band, 'a1');
    time = 5000;
    waitAll(band, 'b1');
    expect(serveAll(band)).toBe('a1 b1');
  });

  it('forgets in time what a flow got', () => {
    time = 0;
    const programs = new Programs(
      { halfLife: 60_000, keptFor: 3_600_000, lookEvery: 300_000 },
      now,
    );
    programs.charge('a', 800);
    time = 120_000;
    expect(programs.serviceOf('a')).toBeCloseTo(200, 9);
    programs.charge('a', 50);
    expect(programs.serviceOf('a')).toBeCloseTo(250, 9);
    time = 3_720_001;
    programs.charge('b', 1);
    expect(programs.known('a')).toBeUndefined();
  });

  it('remembers no more flows than it has room for', () => {
    time = 0;
    const programs = new Programs({ halfLife: 0, keptFor: 1e9, lookEvery: 1e9 }, now);
    for (let i = 0; i < 70_000; i++) programs.charge(`p${i}`, 1);
    expect(programs.size).toBeLessThanOrEqual(65_536);
    expect(programs.known('p69999')?.service).toBe(1);
    expect(programs.known('p0')).toBeUndefined();
  });

  it('by turns serves who had the most, or waits for long', () => {
    const fairness = programAware({ strategy: 'turn-priority' });
    const band = bandOf(fairness);
    for (let i = 0; i < 5; i++) fairness.dispatched(flowRequest({ fairnessId: 'a' }));
    waitAll(band, 'b1 a1');
    expect(serveAll(band)).toBe('a1 b1');
    waitAll(band, 'b2');
    time = 8000;
    waitAll(band, 'a2');
    expect(serveAll(band)).toBe('a2 b2');
    waitAll(band, 'b3');
    time = 26_001;
    waitAll(band, 'a3');
    expect(serveAll(band)).toBe('b3 a3');
  });

  it('by turns begins anew with who was idle, and knows no depth of requests without a flow', () => {
    const fairness = programAware({ strategy: 'turn-priority' });
    const band = bandOf(fairness);
    for (let i = 0; i < 5; i++) {
      for (const fairnessId of ['a', 'default-flow'])
        fairness.dispatched(flowRequest({ fairnessId }));
    }
    fairness.finished(flowRequest({ fairnessId: 'a' }));
    wait(band, { id: 'd1' });
    waitAll(band, 'b1 a1');
    expect(serveAll(band)).toBe('a1 d1 b1');
    time = 120_001;
    waitAll(band, 'c1 a2');
    expect(serveAll(band)).toBe('c1 a2');
  });

  it.each([
    { strategy: 'lottery' },
    { lasWeightService: -1 },
    { evictionSweepSeconds: 0 },
    { x: 1 },
  ])('refuses %j', (given) => {
    expect(programAwareFairness.parameters.safeParse(given).success).toBe(false);
  });
});
