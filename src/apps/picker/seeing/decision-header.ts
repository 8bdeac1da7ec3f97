import type { ProfileRecord } from '../../../scheduling/scheduling-result.js';
import type { DecisionView } from './decision-ring.js';

/** Common clients take heads of 16 KiB and more. */
const LONGEST = 8 * 1024;
/** Endpoints that are told of a profile where all are too many. */
const FIRST_CUT = 64;
const NOT_ASCII = /[^\x20-\x7e]/g;

/** @returns the view as a line of ASCII; of many endpoints the best ones alone, until it is short enough for a head */
export function decisionHeader(view: DecisionView): string {
  const whole = asciiJson(view);
  if (whole.length <= LONGEST) return whole;
  for (let most = FIRST_CUT; most >= 1; most /= 2) {
    const line = asciiJson({ ...view, profiles: shortened(view, most) });
    if (line.length <= LONGEST) return line;
  }
  return asciiJson({ ...view, picked: view.picked.slice(0, 1), profiles: {} });
}

/** A profile of which not all is told. */
interface ShortRecord extends ProfileRecord {
  /** Candidates that are not told. */
  readonly candidatesLeftOut?: number;
}

function shortened({ profiles }: DecisionView, most: number): Record<string, ShortRecord> {
  return Object.fromEntries(
    Object.entries(profiles).map(([name, profile]) => [name, shortRecord(profile, most)]),
  );
}

function shortRecord(
  { candidates, filters, scores, picked }: ProfileRecord,
  most: number,
): ShortRecord {
  const best = Object.entries(scores)
    .sort(([a, { total: one = 0 }], [b, { total: other = 0 }]) => {
      const isPicked = Number(picked.includes(b)) - Number(picked.includes(a));
      return isPicked === 0 ? other - one : isPicked;
    })
    .slice(0, most);
  const shown = new Set(best.map(([id]) => id));
  for (const id of candidates) if (shown.size < most) shown.add(id);
  const told = candidates.filter((id) => shown.has(id));
  return {
    candidates: told,
    filters: filters.map(({ plugin, dropped }) => ({ plugin, dropped: dropped.slice(0, most) })),
    scores: Object.fromEntries(best),
    picked: picked.slice(0, most),
    ...(told.length < candidates.length && { candidatesLeftOut: candidates.length - told.length }),
  };
}

/** A field of a head holds ASCII alone; JSON can say everything in it. */
function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    NOT_ASCII,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
