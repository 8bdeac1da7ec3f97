/**
 * What admission costs, without a network: requests that go on at once, by the number of endpoints; and requests that
 * wait, one coming and one going on at a time, among 10,000 of 100 flows.
 *
 *   node --experimental-transform-types --import ./test/bench/hooks.mjs test/bench/picker/flow-control.ts [seconds a row]
 */
import type { FlowRequest } from '../../../src/flow-control/admission.js';
import { ConcurrencyDetector } from '../../../src/flow-control/detectors/concurrency-detector.js';
import { GlobalStrictFairness } from '../../../src/flow-control/fairness/global-strict-fairness-policy.js';
import {
  programAwareFairness,
  ProgramAwareFairness,
} from '../../../src/flow-control/fairness/program-aware-fairness.js';
import { RoundRobinFairness } from '../../../src/flow-control/fairness/round-robin-fairness-policy.js';
import type { FairnessPolicy } from '../../../src/flow-control/fairness-policy.js';
import { FlowControl } from '../../../src/flow-control/flow-control.js';
import { SloDeadlineOrdering } from '../../../src/flow-control/ordering/slo-deadline-ordering-policy.js';
import { PoolSaturation } from '../../../src/flow-control/pool-saturation.js';
import { StaticUsageLimit } from '../../../src/flow-control/usage-limits/static-usage-limit-policy.js';
import { flowRequest, flowServer } from '../../support/flow-harness.js';

const SECONDS = Number(process.argv[2] ?? 2);
const QUEUED = 10_000;
const FLOWS = 100;
const now = (): number => performance.now();
const later = (): (() => void) => () => undefined;

function flowControl(endpoints: number, perEndpoint: number, fairness: FairnessPolicy) {
  const servers = Array.from({ length: endpoints }, (_, i) => flowServer(`10.0.0.${i}:8000`));
  const limits = { mode: 'requests', requests: perEndpoint, tokens: 1e6, headroom: 0 } as const;
  const detector = new ConcurrencyDetector({ ...limits, tokensByRole: new Map() });
  const ordering = new SloDeadlineOrdering();
  const band = { maxRequests: 2 * QUEUED, maxBytes: 1e9, ttl: 6e8, fairness, ordering };
  const plan = {
    ...{ maxRequests: Infinity, maxBytes: Infinity, noEndpointTtl: undefined },
    bands: { byPriority: new Map(), others: band, negative: band },
    usageLimit: new StaticUsageLimit(),
  };
  return {
    servers,
    sut: new FlowControl(plan, new PoolSaturation(() => servers, detector, now), { now, later }),
  };
}

const requestOf = (i: number): FlowRequest =>
  flowRequest({ fairnessId: `flow-${i % FLOWS}`, receivedAt: i, sloTtftMs: (i * 7919) % 10_007 });

/** @param once is called for each request; those that are told later are told before the next hundred */
async function report(what: string, once: (i: number) => void | Promise<void>): Promise<void> {
  const until = async (milliseconds: number): Promise<number> => {
    const end = now() + milliseconds;
    let rounds = 0;
    for (; now() < end; rounds += 100) {
      for (let i = 0; i < 100; i++) {
        const told = once(rounds + i);
        if (told) await told;
      }
    }
    return rounds;
  };
  await until(300);
  const start = now();
  const rounds = await until(SECONDS * 1000);
  const each = ((now() - start) * 1000) / rounds;
  process.stdout.write(`${what.padEnd(64)} ${each.toFixed(2).padStart(6)} us\n`);
}

for (const endpoints of [1, 10, 100, 500]) {
  const { servers, sut } = flowControl(endpoints, 100, new GlobalStrictFairness());
  const request = requestOf(1);
  await report(`at once, ${endpoints} endpoints: admit, decided, ended`, () => {
    sut.admit(request);
    servers[0]!.inFlight++;
    sut.decided(request);
    servers[0]!.inFlight--;
    sut.ended(request);
  });
}

const las = programAwareFairness.parameters.parse({});
for (const fairness of [
  new GlobalStrictFairness(),
  new RoundRobinFairness(),
  new ProgramAwareFairness(las, now),
]) {
  const { servers, sut } = flowControl(10, 1, fairness);
  let goesOn: FlowRequest | undefined = requestOf(0);
  sut.admit(goesOn);
  sut.decided(goesOn);
  servers[0]!.inFlight = 10;
  const wait = (i: number): void => {
    const request = requestOf(i);
    const admittance = sut.admit(request);
    if (admittance.kind === 'waiting') admittance.whenSettled(() => (goesOn = request));
  };
  for (let i = 0; i < QUEUED; i++) wait(i);
  const what = `${fairness.constructor.name}, ${QUEUED} wait in ${FLOWS} flows: one in, one out`;
  await report(what, async (i) => {
    wait(i);
    const ended = goesOn!;
    goesOn = undefined;
    servers[0]!.inFlight = 9;
    sut.ended(ended);
    while (!goesOn) await Promise.resolve();
    servers[0]!.inFlight = 10;
    sut.decided(goesOn);
  });
  process.stdout.write(`  ${sut.state.queued} wait in the end\n`);
}
