import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  FlowClock,
  flowRequest,
  flowServer,
  settled,
  watch,
  type FlowServer,
} from '../../test/support/flow-harness.js';
import { ADMITTED, type Admittance, type FlowRequest, type Waiting } from './admission.js';
import { ConcurrencyDetector } from './detectors/concurrency-detector.js';
import { FlowControl } from './flow-control.js';
import type { FlowControlSection } from './flow-control-config.js';
import { flowPlan, type PluginByName } from './flow-plan.js';
import { PoolSaturation } from './pool-saturation.js';
import { RoundRobinFairness } from './fairness/round-robin-fairness-policy.js';
import { PriorityHoldback } from './usage-limits/priority-holdback-policy.js';

let clock: FlowClock;
let servers: FlowServer[];
let log: string[];
let sut: FlowControl;
/** What was decided and has not ended. */
let running: FlowRequest[];

const plugins: PluginByName = (name) =>
  ({ turns: new RoundRobinFairness(), holdback: holdback(0.5) })[name];
const holdback = (minCeiling: number) =>
  new PriorityHoldback({ domain: 'rank', minCeiling, maxCeiling: 1 });

/** Servers take two requests each. */
function start(section: FlowControlSection = {}): void {
  const limits = { mode: 'requests', requests: 2, tokens: 1, headroom: 0 } as const;
  const detector = new ConcurrencyDetector({ ...limits, tokensByRole: new Map() });
  const pool = new PoolSaturation(() => servers, detector, clock.now);
  sut = new FlowControl(flowPlan(section, plugins), pool, {
    now: clock.now,
    later: clock.later,
    observer: {
      settled: ({ id }, outcome, waited) => log.push(`${id} ${outcome} ${waited}`),
    },
  });
}

beforeEach(() => {
  clock = new FlowClock();
  servers = [flowServer('a')];
  log = [];
  running = [];
  start();
});

/** As the program does: who is admitted is decided for the emptiest. */
function decide(request: FlowRequest): void {
  const least = servers.reduce((one, other) => (other.inFlight < one.inFlight ? other : one));
  least.inFlight++;
  running.push(request);
  sut.decided(request);
}

function admit(id: string, given: Partial<FlowRequest> = {}): Admittance {
  const request = flowRequest({ id, ...given });
  const admittance = sut.admit(request);
  if (admittance.kind === 'admitted') decide(request);
  if (admittance.kind === 'waiting') {
    admittance.whenSettled((refusal) => {
      if (!refusal) decide(request);
    });
  }
  return admittance;
}

async function end(id: string): Promise<void> {
  const at = running.findIndex((request) => request.id === id);
  const [request] = running.splice(at, 1);
  servers[0]!.inFlight--;
  sut.ended(request!, 10, 10);
  await settled();
}

const fill = (): void => ['x', 'y'].forEach((id) => admit(id));
const dispatched = (): string =>
  log.flatMap((line) => (line.includes('Dispatched') ? line.split(' ')[0]! : [])).join(' ');

describe(FlowControl.name, () => {
  it('lets requests on at once while there is room, and makes nothing of them', () => {
    expect(admit('x')).toBe(ADMITTED);
    expect(admit('y')).toBe(ADMITTED);
    expect(admit('z').kind).toBe('waiting');
    expect(sut.state).toMatchObject({ queued: 1, queuedBytes: 100, pending: 0, underWay: 2 });
    expect(log).toEqual(['x Dispatched 0', 'y Dispatched 0']);
  });

  it('counts who was let on before an endpoint does', () => {
    const [one, two, three] = [flowRequest(), flowRequest(), flowRequest()];
    expect(sut.admit(one).kind).toBe('admitted');
    expect(sut.admit(two).kind).toBe('admitted');
    expect(sut.admit(three).kind).toBe('waiting');
    expect(sut.state).toMatchObject({ pending: 2, saturation: { effective: 1 } });
  });

  it('lets the next on when one ends, also one that never came to an endpoint', async () => {
    const lost = flowRequest();
    sut.admit(lost);
    admit('x');
    admit('z1');
    admit('z2');
    await clock.pass(5);
    sut.ended(lost);
    await settled();
    expect(dispatched()).toBe(`${lost.id} x z1`);
    await end('x');
    expect(log.at(-1)).toBe('z2 Dispatched 5');
  });

  it('takes no heed of what it never let on, or has heard already', async () => {
    fill();
    admit('z');
    sut.ended(flowRequest());
    sut.decided(flowRequest());
    await end('x');
    const [y] = running;
    sut.decided(y!);
    expect(sut.state).toMatchObject({ pending: 0, underWay: 2, queued: 0 });
  });

  it('serves the highest priority first', async () => {
    fill();
    for (const [id, priority] of [
      ['low', -1],
      ['mid', 0],
      ['high', 7],
      ['mid2', 0],
    ] as const) {
      admit(id, { priority });
    }
    for (const id of ['x', 'y', 'high', 'mid']) await end(id);
    expect(dispatched()).toBe('x y high mid mid2 low');
  });

  it('serves nobody while the highest that waits may not go on', async () => {
    start({
      usageLimitPolicyPluginRef: 'holdback',
      priorityBands: [{ priority: 1 }, { priority: 0 }],
    });
    admit('x', { priority: 1 });
    expect(admit('low', { priority: 0 }).kind).toBe('waiting');
    expect(admit('y', { priority: 1 }).kind).toBe('admitted');
    admit('high', { priority: 1 });
    await end('x');
    expect(dispatched()).toBe('x y high');
    await end('y');
    expect(dispatched()).toBe('x y high');
    await end('high');
    expect(dispatched()).toBe('x y high low');
  });

  it('is fair to flows where it is told to be', async () => {
    start({ defaultPriorityBand: { fairnessPolicyRef: 'turns' } });
    fill();
    for (const id of ['a1', 'a2', 'a3', 'b1', 'c1']) admit(id, { fairnessId: id[0]! });
    for (const id of ['x', 'y', 'a1', 'b1', 'c1']) await end(id);
    expect(dispatched()).toBe('x y a1 b1 c1 a2 a3');
  });

  describe('is full', () => {
    it.each([
      [{ maxRequests: 2 }],
      [{ maxBytes: 250 }],
      [{ defaultPriorityBand: { maxRequests: 2 } }],
      [{ defaultPriorityBand: { maxBytes: 200 } }],
      [{ priorityBands: [{ priority: 0, maxRequests: 2 }] }],
    ])('with two requests of 100 bytes and %j', (section) => {
      start(section);
      fill();
      expect(admit('z1').kind).toBe('waiting');
      expect(admit('z2').kind).toBe('waiting');
      expect(admit('z3')).toMatchObject({ status: 429, reason: 'rejected-saturated' });
      expect(log.at(-1)).toBe('z3 RejectedCapacity 0');
    });

    it('for one priority and not for another', () => {
      start({ defaultNegativePriorityBand: { maxRequests: 1 } });
      fill();
      expect(admit('z1', { priority: -1 }).kind).toBe('waiting');
      expect(admit('z2', { priority: -1 }).kind).toBe('refused');
      expect(admit('z3', { priority: -2 }).kind).toBe('waiting');
      expect(admit('z4').kind).toBe('waiting');
    });

    it('for a body that is larger than all that may wait, whoever waits', () => {
      start({ maxBytes: 99 });
      expect(admit('x')).toMatchObject({ reason: 'rejected-saturated' });
    });

    it('with 503 where there is no endpoint', () => {
      start({ maxRequests: 1 });
      servers = [];
      expect(admit('z1').kind).toBe('waiting');
      expect(admit('z2')).toMatchObject({ status: 503, reason: 'rejected-no-endpoints' });
    });
  });

  describe('lets nobody wait for ever', () => {
    it('refuses who waited longer than its time', async () => {
      start({ defaultRequestTTL: 1000 });
      fill();
      const z1 = watch(admit('z1'));
      await clock.pass(500);
      const z2 = watch(admit('z2'));
      await clock.pass(499);
      expect(z1.outcome).toBe('waiting');
      await clock.pass(20);
      expect(z1.refusal).toMatchObject({ status: 429, reason: 'rejected-ttl-expired' });
      expect(z2.outcome).toBe('waiting');
      await clock.pass(500);
      expect(z2.outcome).toBe('rejected-ttl-expired');
      expect(sut.state).toMatchObject({ queued: 0, queuedBytes: 0 });
    });

    it('has times of priorities', async () => {
      start({ defaultRequestTTL: 0, priorityBands: [{ priority: 3, defaultRequestTTL: 50 }] });
      fill();
      const short = watch(admit('short', { priority: 3 }));
      const long = watch(admit('long'));
      await clock.pass(1e4);
      expect([short.outcome, long.outcome]).toEqual(['rejected-ttl-expired', 'waiting']);
    });

    it('has another time while there is no endpoint, which begins anew when that changes', async () => {
      start({ defaultRequestTTL: 1000, noEndpointRequestTTL: 5000 });
      servers = [];
      const z1 = watch(admit('z1'));
      await clock.pass(4000);
      expect(z1.outcome).toBe('waiting');
      servers = [flowServer('full', {}, { inFlight: 2 })];
      sut.endpointsChanged();
      await clock.pass(900);
      expect(z1.outcome).toBe('waiting');
      servers = [];
      sut.endpointsChanged();
      await clock.pass(4900);
      expect(z1.outcome).toBe('waiting');
      await clock.pass(200);
      expect(z1.refusal).toMatchObject({ status: 503, reason: 'rejected-no-endpoints' });
      expect(log.at(-1)).toMatch(/^z1 EvictedNoEndpoints/);
    });
  });

  it('lets on who waited for the first endpoint as soon as it comes', async () => {
    servers = [];
    const z1 = watch(sut.admit(flowRequest()));
    servers = [flowServer('a')];
    sut.endpointsChanged();
    await settled();
    expect(z1.outcome).toBe('admitted');
  });

  it('hears that servers have room, by news or by looking now and then', async () => {
    fill();
    admit('z1');
    admit('z2');
    await clock.pass(5);
    servers[0]!.inFlight = 1;
    sut.stateChanged();
    await settled();
    expect(dispatched()).toBe('x y z1');
    servers[0]!.inFlight = 1;
    await clock.pass(20);
    expect(dispatched()).toBe('x y z1 z2');
  });

  it('has no timer while nobody waits', async () => {
    expect(clock.due).toBe(0);
    fill();
    admit('z');
    expect(clock.due).toBe(1);
    await end('x');
    await clock.pass(10);
    expect(clock.due).toBe(0);
  });

  describe('whoever leaves', () => {
    it('is not told, and makes room in the queue', async () => {
      start({ maxRequests: 1 });
      fill();
      const z1 = admit('z1') as Waiting;
      z1.cancel();
      z1.cancel();
      expect(log.at(-1)).toBe('z1 EvictedContextCancelled 0');
      expect(admit('z2').kind).toBe('waiting');
      await end('x');
      expect(dispatched()).toBe('x y z2');
    });

    it('in the moment when it may go on gives its place to the next', async () => {
      fill();
      const z1 = flowRequest({ id: 'z1' });
      const waiting = sut.admit(z1) as Waiting;
      waiting.whenSettled(() => log.push('z1 was told'));
      admit('z2');
      const x = running.shift()!;
      servers[0]!.inFlight--;
      sut.ended(x);
      await Promise.resolve();
      waiting.cancel();
      await settled();
      expect(log).not.toContain('z1 was told');
      expect(sut.state).toMatchObject({ queued: 0, pending: 0, underWay: 2 });
    });
  });

  describe('shutting down', () => {
    it('refuses who waits, and who would', async () => {
      fill();
      const z1 = watch(admit('z1'));
      sut.shutdown();
      await settled();
      expect(z1.refusal).toMatchObject({ status: 503, reason: 'rejected-shutting-down' });
      expect(admit('z2')).toMatchObject({ reason: 'rejected-shutting-down' });
      expect(sut.state).toMatchObject({ queued: 0, queuedBytes: 0 });
    });

    it('lets on who need not wait', async () => {
      admit('x');
      sut.shutdown();
      expect(admit('y')).toBe(ADMITTED);
    });

    it('leaves no timer behind', () => {
      fill();
      admit('z');
      sut.close();
      expect(clock.due).toBe(0);
    });
  });

  it('forgets priorities that nobody uses, and not those that are configured', async () => {
    start({ priorityBands: [{ priority: 9 }] });
    admit('x', { priority: 4 });
    expect(sut.state.bands.map(({ priority }) => priority)).toEqual([9, 4]);
    await clock.pass(700_000);
    admit('y', { priority: 0 });
    expect(sut.state.bands.map(({ priority }) => priority)).toEqual([9, 0]);
  });

  it('keeps flows as long as somebody waits in them', async () => {
    fill();
    admit('a1', { fairnessId: 'a' });
    admit('b1', { fairnessId: 'b', bytes: 7 });
    const flows = (): unknown => sut.state.bands[0]!.flows;
    expect(flows()).toEqual([
      { fairnessId: 'a', queued: 1, queuedBytes: 100 },
      { fairnessId: 'b', queued: 1, queuedBytes: 7 },
    ]);
    await end('x');
    expect(flows()).toEqual([{ fairnessId: 'b', queued: 1, queuedBytes: 7 }]);
  });
});
