import { elementsOf } from '../openai/json-array.js';
import {
  findMember,
  JsonSyntaxError,
  readJsonObject,
  type JsonObject,
} from '../openai/json-object.js';
import { spliceNested, type BodySlices, type MemberEdit } from '../openai/json-splice.js';
import { valueOf } from '../openai/json-value.js';

const OPENING = Buffer.from('[');
const CLOSING = Buffer.from(']');
/** Beside the content, what an assistant can say; a model's template alone knows how that is continued. */
const BESIDE_CONTENT = [
  ...['reasoning', 'reasoning_content', 'refusal', 'audio'],
  ...['tool_calls', 'function_call'],
];

/** @returns undefined for what is no JSON object */
export function tryReadObject(bytes: Buffer, from = 0, to = bytes.length): JsonObject | undefined {
  try {
    return readJsonObject(bytes, from, to);
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** @returns the elements of an answer's or event's `choices` that are objects */
export function choicesOf(json: JsonObject): JsonObject[] {
  const member = findMember(json, 'choices');
  if (!member) return [];
  const elements = [...elementsOf(json.bytes, member.valueStart, member.valueEnd)];
  return elements.flatMap(({ start, end }) => tryReadObject(json.bytes, start, end) ?? []);
}

/** `choices` with one element, edited. */
export function editedChoice(
  choice: JsonObject,
  edits: ReadonlyMap<string, MemberEdit>,
): BodySlices {
  return [OPENING, spliceNested(choice, edits), CLOSING];
}

/** @param message or delta */
export function saysMoreThanText(message: JsonObject): boolean {
  return BESIDE_CONTENT.some((name) => {
    const value = valueOf(message, name);
    return value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
  });
}
