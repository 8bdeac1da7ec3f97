import type { JsonElement } from '../openai/json-array.js';

const LF = 0x0a;
const DATA = Buffer.from('data:');

/** @returns where the data of an event stands; undefined when it has none, or several lines of it */
export function dataOf(event: Buffer): JsonElement | undefined {
  let found: JsonElement | undefined;
  for (let start = 0; start < event.length;) {
    const lf = event.indexOf(LF, start);
    const end = lf < 0 ? event.length : lf;
    if (event.subarray(start, start + DATA.length).equals(DATA)) {
      if (found) return undefined;
      found = { start: start + DATA.length, end };
    }
    start = end + 1;
  }
  return found;
}
