import { type Figure, none, told } from '../../soak/report/figure.js';
import type { DnsQuery } from '../rig/dns-log.js';
import type { Arrival } from '../rig/ledger.js';
import type { ShortAnswer } from './connection.js';
import type { Line } from './generate.js';
import type { ExpectedOutcome } from './oracle.js';

/** All that is known of one value. */
export interface JudgedValue {
  readonly id: string;
  readonly lines: readonly Line[];
  readonly expected: ExpectedOutcome;
  /** Text: why there is none. */
  readonly answer: ShortAnswer | string;
  readonly prefills: readonly Arrival[];
  readonly decodes: readonly Arrival[];
}

type Kind =
  'wrongAllows' | 'wrongDenials' | 'otherStatuses' | 'wrongPlaces' | 'unanswered' | 'crossed';

const REACHED = [200, 502, 503, 504];
const MOST_PROBLEMS = 200;

/** Compares answers and arrivals with what the oracle expects, and counts. */
export class Tally {
  judged = 0;
  lookups = 0;
  readonly problems: string[] = [];
  private readonly wrong: Record<Kind, number> = {
    wrongAllows: 0,
    wrongDenials: 0,
    otherStatuses: 0,
    wrongPlaces: 0,
    unanswered: 0,
    crossed: 0,
  };
  private readonly expected = new Map<string, number>();
  private readonly names = new Map<string, number>();

  add(value: JudgedValue): void {
    this.judged++;
    const { status, prefillAt, lookups } = value.expected;
    const kind = status === 200 && prefillAt.length === 0 ? 'decoder alone' : String(status);
    this.expected.set(kind, (this.expected.get(kind) ?? 0) + 1);
    this.lookups += lookups.length;
    for (const name of lookups) this.names.set(name, (this.names.get(name) ?? 0) + 1);
    for (const kind of faultsOf(value)) {
      this.wrong[kind]++;
      if (this.problems.length < MOST_PROBLEMS) this.problems.push(`${kind}: ${describe(value)}`);
    }
  }

  /** How many values were expected to come to that. */
  count(status: number): number {
    return this.expected.get(String(status)) ?? 0;
  }

  /** Queries beyond one a check, and names that should have been asked for and never were. Checks at one time share a query. */
  surplusLookups(queries: readonly DnsQuery[]): number {
    const asked = new Map<string, number>();
    for (const { name } of queries) {
      const lower = name.toLowerCase();
      asked.set(lower, (asked.get(lower) ?? 0) + 1);
    }
    let wrong = 0;
    for (const [name, count] of asked) wrong += Math.max(0, count - (this.names.get(name) ?? 0));
    for (const name of this.names.keys()) if (!asked.has(name)) wrong++;
    return wrong;
  }

  figures(): Figure[] {
    const { wrong, expected } = this;
    return [
      ...[...expected].sort().map(([kind, count]) => told(`of these expected: ${kind}`, count)),
      none('wrong allows', wrong.wrongAllows),
      none('wrong denials', wrong.wrongDenials),
      none('other wrong statuses', wrong.otherStatuses),
      none('wrong hosts prefilled or decoded', wrong.wrongPlaces),
      none('requests without an answer', wrong.unanswered),
      none('answers of other requests', wrong.crossed),
    ];
  }
}

function faultsOf({ id, expected, answer, prefills, decodes }: JudgedValue): Kind[] {
  if (typeof answer === 'string') return ['unanswered'];
  const faults: Kind[] = [];
  const { status } = answer;
  const isRefusal = status === 400 || status === 403;
  const mustRefuse = expected.status === 400 || expected.status === 403;
  if (mustRefuse && (!isRefusal || prefills.length + decodes.length > 0))
    faults.push('wrongAllows');
  else if (!mustRefuse && isRefusal) faults.push('wrongDenials');
  else if (!(expected.status === 'reached' ? REACHED : [expected.status]).includes(status)) {
    faults.push('otherStatuses');
  }
  if (!placesAreRight(expected, status, prefills) || decodes.length !== (status === 200 ? 1 : 0)) {
    faults.push('wrongPlaces');
  }
  // What the HTTP parser refuses has no id.
  if (answer.id !== id && status !== 400) faults.push('crossed');
  return faults;
}

function placesAreRight(
  { status, prefillAt }: ExpectedOutcome,
  got: number,
  prefills: readonly Arrival[],
): boolean {
  if (!prefills.every(({ at }) => prefillAt.includes(at))) return false;
  if (status !== 200 || got !== 200) return true;
  return prefills.length === (prefillAt.length === 0 ? 0 : 1);
}

function describe({ lines, expected, answer, prefills, decodes }: JudgedValue): string {
  const got = typeof answer === 'string' ? answer : `status ${answer.status}`;
  const places = prefills.map(({ at }) => at).join() || 'nowhere';
  return `${JSON.stringify(lines).slice(0, 600)} came to ${got}, prefilled ${places}, decoded ${decodes.length} times; expected ${expected.status} ${expected.prefillAt.join()}`;
}
