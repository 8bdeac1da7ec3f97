import type { JsonMember, JsonObject } from './json-object.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The bytes between the quotes of a member that is a string, its escapes decoded: equal texts are equal bytes. A text
 * without escapes, however long, is not copied.
 *
 * @returns undefined when the value is something else
 */
export function textBytes({ bytes }: JsonObject, member: JsonMember): Buffer | undefined {
  if (bytes[member.valueStart] !== QUOTE) return undefined;
  const text = bytes.subarray(member.valueStart + 1, member.valueEnd - 1);
  if (!text.includes(BACKSLASH)) return text;
  try {
    return Buffer.from(JSON.parse(`"${text.toString('utf8')}"`) as string);
  } catch {
    // An escape that no engine can read either.
    return text;
  }
}
