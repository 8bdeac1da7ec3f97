import type { Ending } from '../wire/engine.js';

/** What goes wrong with a request, and at whose hand. */
export type Fault = keyof typeof FAULTS;

/** Weights of the faults out of 100 requests; `prefill` ones need a prefiller. */
const FAULTS = {
  'decoder-rst-before-head': 2,
  'decoder-rst-mid-body': 4,
  'decoder-fin-mid-body': 4,
  'decoder-503': 2,
  'decoder-503-retry-after': 1.5,
  'prefill-rst-once': 2.5,
  'prefill-rst-always': 0.5,
  'prefill-cut-once': 1.5,
  'prefill-503-once': 2,
  'prefill-503-always': 0.5,
  'prefill-503-retry-after': 0.1,
  'prefill-400': 1.5,
  'prefill-refused': 1.5,
  'client-leaves-uploading': 2,
  'client-leaves-before-answer': 2.5,
  'client-leaves-in-answer': 4,
} as const;

/** Share of requests that an engine answers slowly; they count as good ones. */
const SLOW = 0.03;

/** One request of the mixed phase and what happens to it. */
export interface Plan {
  readonly id: string;
  readonly fault: Fault | undefined;
  readonly slow: boolean;
  /** It has a prefill leg. */
  readonly disaggregated: boolean;
  /** The answer is a stream of events, else one JSON object. */
  readonly events: boolean;
  /** The answer is chunked, else it has a length. */
  readonly chunkedAnswer: boolean;
  readonly chunkedRequest: boolean;
  readonly tokens: number;
  readonly filler: number;
  /** Where an answer is broken off, as a share of it. */
  readonly cutAt: number;
  /** How whoever goes away does so. */
  readonly ending: Ending;
}

/** What a client must see in the end. */
export interface Expectation {
  /** Statuses that are right; none when the connection may end before a head. */
  readonly statuses: readonly number[];
  readonly end: 'whole' | 'cut' | 'left';
}

/** @param prefills whether the program under test prefills */
export function makePlan(id: string, random: () => number, prefills: boolean): Plan {
  const fault = pickFault(random, prefills);
  const needsPrefill = fault?.startsWith('prefill') ?? false;
  const events = random() < 0.6;
  return {
    id,
    fault,
    slow: fault === undefined && random() < SLOW,
    disaggregated: prefills && (needsPrefill || random() < 0.6),
    events,
    chunkedAnswer: events || random() < 0.3,
    chunkedRequest: random() < 0.25,
    tokens: 2 + Math.floor(random() * 14),
    filler: random() < 0.01 ? 200_000 : Math.floor(random() * 1500),
    cutAt: random(),
    ending: random() < 0.5 ? 'rst' : 'fin',
  };
}

/** What the client of a plan must see through a program that does everything right. */
export function expectationOf({ fault }: Plan, tandem: boolean): Expectation {
  switch (fault) {
    case 'decoder-rst-before-head':
      return { statuses: tandem ? [502] : [502, 503, 504], end: 'whole' };
    case 'decoder-rst-mid-body':
    case 'decoder-fin-mid-body':
      return { statuses: [200], end: 'cut' };
    case 'decoder-503':
    case 'decoder-503-retry-after':
      return { statuses: [503], end: 'whole' };
    case 'prefill-rst-always':
      return { statuses: [504], end: 'whole' };
    case 'prefill-503-always':
      return { statuses: [502], end: 'whole' };
    case 'prefill-400':
      return { statuses: [400], end: 'whole' };
    case 'client-leaves-uploading':
    case 'client-leaves-before-answer':
    case 'client-leaves-in-answer':
      return { statuses: [], end: 'left' };
    default:
      return { statuses: [200], end: 'whole' };
  }
}

function pickFault(random: () => number, prefills: boolean): Fault | undefined {
  let at = random() * 100;
  for (const [fault, weight] of Object.entries(FAULTS)) {
    // Without a prefiller the others take the place of its faults.
    const share = prefills ? weight : fault.startsWith('prefill') ? 0 : weight * 1.4;
    if (at < share) return fault as Fault;
    at -= share;
  }
  return undefined;
}
