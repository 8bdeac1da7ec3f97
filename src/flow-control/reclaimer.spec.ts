import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  FlowClock,
  flowRequest,
  flowServer,
  settled,
  type FlowServer,
} from '../../test/support/flow-harness.js';
import type { FlowRequest } from './admission.js';
import { ConcurrencyDetector } from './detectors/concurrency-detector.js';
import { FlowControl } from './flow-control.js';
import { flowPlan } from './flow-plan.js';
import { PoolSaturation } from './pool-saturation.js';
import { Reclaimer } from './reclaimer.js';

let clock: FlowClock;
let server: FlowServer;
let sut: FlowControl;
let cut: FlowRequest[];
let ends: string[];

beforeEach(() => {
  clock = new FlowClock();
  server = flowServer('a');
  cut = [];
  ends = [];
  const limits = { mode: 'requests', requests: 4, tokens: 1, headroom: 0 } as const;
  const detector = new ConcurrencyDetector({ ...limits, tokensByRole: new Map() });
  const servers = [server];
  const pool = new PoolSaturation(() => servers, detector, clock.now);
  const reclaimer = new Reclaimer({
    now: clock.now,
    evict: (request) => cut.push(request),
    lag: 100,
    observer: {
      settled: () => undefined,
      evictionEnded: (after, late) => ends.push(`${after}${late ? ' late' : ''}`),
    },
  });
  const { now, later } = clock;
  sut = new FlowControl(
    flowPlan({}, () => undefined),
    pool,
    { now, later, reclaimer },
  );
});

/** Admitted, and at the server at once. */
function run(id: string, priority: number): FlowRequest {
  const request = flowRequest({ id, priority });
  const admittance = sut.admit(request);
  const begin = (): void => {
    server.inFlight++;
    sut.decided(request);
  };
  if (admittance.kind === 'admitted') begin();
  else if (admittance.kind === 'waiting') admittance.whenSettled((refusal) => refusal || begin());
  return request;
}

async function end(request: FlowRequest): Promise<void> {
  server.inFlight--;
  sut.ended(request);
  await settled();
}

const cutIds = (): string => cut.map(({ id }) => id).join(' ');

describe(Reclaimer.name, () => {
  it('cuts the newest of the lowest priority for who waits above it', async () => {
    for (const [id, priority] of [
      ['a', -1],
      ['b', -2],
      ['c', -2],
      ['d', 0],
    ] as const) {
      run(id, priority);
    }
    run('high', 5);
    await settled();
    expect(cutIds()).toBe('c');
    await end(cut[0]!);
    expect(sut.state).toMatchObject({ queued: 0, underWay: 4 });
    expect(ends).toEqual(['0']);
  });

  it('cuts nobody for requests of the same or a lower priority', async () => {
    for (const id of ['a', 'b', 'c', 'd']) run(id, -1);
    run('e', -1);
    run('f', -2);
    await clock.pass(1000);
    expect(cutIds()).toBe('');
  });

  it('cuts nobody of a priority of 0 or more', async () => {
    for (const id of ['a', 'b', 'c', 'd']) run(id, 0);
    run('high', 5);
    await clock.pass(1000);
    expect(cutIds()).toBe('');
  });

  it('waits until it has seen what came of it', async () => {
    for (const id of ['a', 'b', 'c', 'd']) run(id, -1);
    run('high1', 5);
    run('high2', 5);
    await clock.pass(500);
    expect(cutIds()).toBe('d');
    await end(cut[0]!);
    await clock.pass(90);
    expect(cutIds()).toBe('d');
    await clock.pass(30);
    expect(cutIds()).toBe('d c');
  });

  it('cuts two at most at a time', async () => {
    for (const id of ['a', 'b', 'c', 'd']) run(id, -1);
    server.inFlight = 9;
    run('high', 5);
    await settled();
    expect(cutIds()).toBe('d c');
  });

  it('does not wait for ever for one that does not end', async () => {
    for (const id of ['a', 'b', 'c', 'd']) run(id, -1);
    run('high', 5);
    await clock.pass(9990);
    expect(cutIds()).toBe('d');
    await clock.pass(200);
    expect(cutIds()).toBe('d c');
    expect(ends[0]).toMatch(/ late$/);
    sut.ended(cut[0]!);
    expect(ends).toHaveLength(1);
  });

  it('has none left when they have ended by themselves', async () => {
    const all = ['a', 'b', 'c', 'd'].map((id) => run(id, -1));
    for (const one of all) await end(one);
    for (const id of ['e', 'f', 'g', 'h', 'high']) run(id, 5);
    await clock.pass(1000);
    expect(cutIds()).toBe('');
  });
});
