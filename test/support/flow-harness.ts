import type { Admittance, FlowRequest, Refusal } from '../../src/flow-control/admission.js';
import type { ScheduledEndpoint } from '../../src/scheduling/scheduled-endpoint.js';
import { unknownState, type ServerState } from '../../src/scheduling/server-state.js';

/** An endpoint whose numbers a test changes. */
export type FlowServer = { -readonly [K in keyof ScheduledEndpoint]: ScheduledEndpoint[K] };

/** @returns an idle endpoint that has told of itself at 0 */
export function flowServer(
  id: string,
  state: Partial<ServerState> = {},
  given: Partial<ScheduledEndpoint> = {},
): FlowServer {
  return {
    ...{ id, name: id, namespace: 'default', labels: {}, models: [] },
    ...{ inFlight: 0, inFlightTokens: 0, load: 0, cost: 1, lastChosen: -Infinity },
    ...given,
    state: { ...unknownState(), readAt: 0, ...state },
  };
}

let requests = 0;

/** @returns a request of 100 bytes, of priority 0 and the default flow */
export function flowRequest(given: Partial<FlowRequest> = {}): FlowRequest {
  return {
    ...{ id: `r${requests++}`, priority: 0, fairnessId: 'default-flow', bytes: 100, receivedAt: 0 },
    ...given,
  };
}

interface Alarm {
  readonly at: number;
  readonly ring: () => void;
}

/** Time that stands until it is put forward; what it was asked to do later is done then. */
export class FlowClock {
  time = 0;
  private readonly alarms = new Set<Alarm>();

  readonly now = (): number => this.time;

  readonly later = (ring: () => void, milliseconds: number): (() => void) => {
    const alarm = { at: this.time + milliseconds, ring };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  };

  /** How much it still is to do. */
  get due(): number {
    return this.alarms.size;
  }

  /** Puts it forward, and does what is due, each at its time. */
  async pass(milliseconds: number): Promise<void> {
    const until = this.time + milliseconds;
    for (let next = this.next(until); next; next = this.next(until)) {
      this.time = Math.max(this.time, next.at);
      this.alarms.delete(next);
      next.ring();
      await settled();
    }
    this.time = until;
    await settled();
  }

  private next(until: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.alarms) {
      if (alarm.at <= until && (!first || alarm.at < first.at)) first = alarm;
    }
    return first;
  }
}

/** Until everybody has been told. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 6; turns++) await Promise.resolve();
}

/** @returns what comes of it in the end: `admitted`, or the reason why not; `waiting` until then */
export function watch(admittance: Admittance): { outcome: string; refusal?: Refusal } {
  if (admittance.kind === 'admitted') return { outcome: 'admitted' };
  if (admittance.kind === 'refused') return { outcome: admittance.reason, refusal: admittance };
  const seen: { outcome: string; refusal?: Refusal } = { outcome: 'waiting' };
  admittance.whenSettled((refusal) => {
    seen.outcome = refusal?.reason ?? 'admitted';
    if (refusal) seen.refusal = refusal;
  });
  return seen;
}
