import { elementsOf, type JsonElement } from '../openai/json-array.js';
import { findMember, readJsonObject, type JsonObject } from '../openai/json-object.js';
import { findString, valueOf } from '../openai/json-value.js';

/** Where in a chat request the text of its answer goes, so that a model goes on with it. */
export interface TextPlace {
  /** Byte offset in the request's body. */
  readonly at: number;
  /** What opens and closes a text there. */
  readonly before: string;
  readonly after: string;
}

const MESSAGE = { before: '{"role":"assistant","content":"', after: '"}' };

/**
 * The one trailing assistant message of a continuation: the client's own, where it asked for its continuation
 * (`continue_final_message`), else one more.
 *
 * @returns why there is no such place, where there is none
 */
export function findTextPlace(body: JsonObject): TextPlace | string {
  const last = lastElement(body, 'messages');
  if (!last || body.bytes[last.start] !== OPEN_BRACE) return 'the messages do not end with one';
  const message = readJsonObject(body.bytes, last.start, last.end);
  const isAssistants = valueOf(message, 'role') === 'assistant';
  switch (valueOf(body, 'continue_final_message')) {
    case true:
      return isAssistants
        ? endOfText(message)
        : 'the message to be continued is not an assistant’s';
    case null:
    case false:
      break;
    default:
      return 'continue_final_message is no truth value';
  }
  const opens = valueOf(body, 'add_generation_prompt');
  if (opens !== null && opens !== true) return 'the assistant’s turn is not opened';
  if (isAssistants) return 'two messages of the assistant would follow each other';
  return { at: last.end, before: `,${MESSAGE.before}`, after: MESSAGE.after };
}

const OPEN_BRACE = 0x7b;
const NO_TEXT = 'the message to be continued does not end with text';

function endOfText(message: JsonObject): TextPlace | string {
  const text = findString(message, 'content');
  if (text) return { at: text.end, before: '', after: '' };
  const part = lastElement(message, 'content');
  if (!part || message.bytes[part.start] !== OPEN_BRACE) return NO_TEXT;
  const last = readJsonObject(message.bytes, part.start, part.end);
  const end = valueOf(last, 'type') === 'text' ? findString(last, 'text')?.end : undefined;
  return end === undefined ? NO_TEXT : { at: end, before: '', after: '' };
}

/** @returns the last element of a member that is a list */
function lastElement(object: JsonObject, name: string): JsonElement | undefined {
  const member = findMember(object, name);
  let last: JsonElement | undefined;
  if (member) {
    for (const element of elementsOf(object.bytes, member.valueStart, member.valueEnd))
      last = element;
  }
  return last;
}
