import { findMember, JsonSyntaxError, readJsonObject, type JsonObject } from './json-object.js';

const LF = 0x0a;
const DATA = Buffer.from('data:');
const ERROR = Buffer.from('error');
const FAILED = Buffer.from('response.failed');
/** Kinds of events by which messages and responses say that they failed. */
const FAILURES: ReadonlySet<string> = new Set(['"error"', '"response.failed"']);

/**
 * @param body a whole stream of events
 * @returns the data of the event in which the engine says that it failed: engines send their head before they begin, and
 *   have no status left then
 */
export function errorIn(body: Buffer): Buffer | undefined {
  if (!body.includes(ERROR) && !body.includes(FAILED)) return undefined;
  for (let start = 0; start < body.length;) {
    const lf = body.indexOf(LF, start);
    const end = lf < 0 ? body.length : lf;
    const line = body.subarray(start, end);
    if (line.subarray(0, DATA.length).equals(DATA) && isError(line.subarray(DATA.length))) {
      return line.subarray(DATA.length);
    }
    start = end + 1;
  }
  return undefined;
}

function isError(json: Buffer): boolean {
  try {
    const event = readJsonObject(json);
    const error = textOf(event, 'error');
    return (error !== undefined && error !== 'null') || FAILURES.has(textOf(event, 'type') ?? '');
  } catch (thrown) {
    if (thrown instanceof JsonSyntaxError) return false;
    throw thrown;
  }
}

function textOf(object: JsonObject, name: string): string | undefined {
  const member = findMember(object, name);
  return member && object.bytes.toString('utf8', member.valueStart, member.valueEnd);
}
