import type { JsonElement } from './json-array.js';
import { findMember, readNestedObject, type JsonObject } from './json-object.js';

const QUOTE = 0x22;

/** The bytes of a member's value as they stand; undefined where there is no such member. */
export function rawValue(object: JsonObject, name: string): Buffer | undefined {
  const member = findMember(object, name);
  return member && object.bytes.subarray(member.valueStart, member.valueEnd);
}

/**
 * A member's value, for values that are small and are not written again.
 *
 * @returns null where there is none, as engines have it; undefined for text with raw control characters, which engines refuse
 */
export function valueOf(object: JsonObject, name: string): unknown {
  const raw = rawValue(object, name);
  if (raw === undefined) return null;
  try {
    return JSON.parse(raw.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** A member that is an object; undefined for everything else. */
export function nestedObject(object: JsonObject, name: string): JsonObject | undefined {
  const member = findMember(object, name);
  return member && readNestedObject(object, member);
}

/** What stands between the quotes of a member that is a string. */
export function findString(object: JsonObject, name: string): JsonElement | undefined {
  const member = findMember(object, name);
  if (!member || object.bytes[member.valueStart] !== QUOTE) return undefined;
  return { start: member.valueStart + 1, end: member.valueEnd - 1 };
}

/** The same as bytes, the escapes as they were sent: such pieces can be joined and quoted again. */
export function stringBody(object: JsonObject, name: string): Buffer | undefined {
  const span = findString(object, name);
  return span && object.bytes.subarray(span.start, span.end);
}
