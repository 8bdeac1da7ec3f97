import type { JsonElement } from '../openai/json-array.js';

const LF = 0x0a;
const DATA = Buffer.from('data:');

/** @returns where the data of an event stands, line by line; nothing for comments and the like */
export function dataOf(event: Buffer): JsonElement[] {
  const found: JsonElement[] = [];
  for (let start = 0; start < event.length;) {
    const lf = event.indexOf(LF, start);
    const end = lf < 0 ? event.length : lf;
    if (event.subarray(start, start + DATA.length).equals(DATA)) {
      found.push({ start: start + DATA.length, end });
    }
    start = end + 1;
  }
  return found;
}
