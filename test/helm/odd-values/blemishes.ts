import { parseObjects, type Outcome } from '../rig/helm.js';

/** Helm's own words for what a schema refuses. */
const BY_SCHEMA = "don't meet the specifications of the schema";
/** Helm's own words before a sentence of a template. */
const BY_TEMPLATE = ': execution error at (';
/** What templates make of values that are not there, or are of another kind. */
const GO = /<nil>|map\[|%!|nil pointer/;

/** @returns what is wrong with what helm makes of values: neither good objects nor a clear refusal */
export function blemishOf({ ok, stdout, stderr }: Outcome): string | undefined {
  if (!ok) {
    const isClear = stderr.includes(BY_TEMPLATE) && !GO.test(stderr);
    return isClear || stderr.includes(BY_SCHEMA) ? undefined : stderr.slice(-400);
  }
  for (const object of parseObjects(stdout)) {
    const bad = badPlace(object, `${object.kind} ${object.metadata.name}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

/** A null, or Go's text of something that is not there. */
function badPlace(value: unknown, place: string): string | undefined {
  if (value === null || (typeof value === 'string' && GO.test(value))) return `${place}: ${value}`;
  if (typeof value !== 'object') return undefined;
  for (const [key, member] of Object.entries(value)) {
    const bad = badPlace(member, `${place}.${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
