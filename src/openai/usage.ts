import type { GenerateApi } from './api.js';
import { findMember, type JsonObject } from './json-object.js';
import { spliceNested, type MemberEdit } from './json-splice.js';
import { nestedObject } from './json-value.js';

/** Where an API's `usage` object tells how many prompt tokens came from the prefix cache. */
interface CachedTokensPlace {
  /** The object inside `usage` that holds the field; absent: `usage` itself. */
  readonly details?: string;
  readonly field: string;
  /** Objects, beside the body itself, in which streamed events carry their `usage`. */
  readonly wrapper?: string;
}

const PLACES: Readonly<Record<GenerateApi, CachedTokensPlace>> = {
  chat_completions: { details: 'prompt_tokens_details', field: 'cached_tokens' },
  completions: { details: 'prompt_tokens_details', field: 'cached_tokens' },
  generate: { details: 'prompt_tokens_details', field: 'cached_tokens' },
  responses: { details: 'input_tokens_details', field: 'cached_tokens', wrapper: 'response' },
  messages: { field: 'cache_read_input_tokens', wrapper: 'message' },
};

/**
 * @param answer a prefiller's answer
 * @returns the prompt tokens that its prefix cache held, 0 where it does not say
 */
export function cachedTokensOf(api: GenerateApi, answer: JsonObject): number {
  const place = PLACES[api];
  let holder = nestedObject(answer, 'usage');
  if (holder && place.details !== undefined) holder = nestedObject(holder, place.details);
  const field = holder && findMember(holder, place.field);
  if (!field) return 0;
  const value = Number(holder!.bytes.toString('latin1', field.valueStart, field.valueEnd));
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/**
 * The edits that put the prefiller's count into a decoder's answer or streamed event: the decoder
 * got its whole prompt from the prefiller and counts that as its own cache.
 *
 * @returns edits of `body`, undefined when it holds no `usage` object (`"usage":null` is none)
 */
export function cachedTokensEdits(
  api: GenerateApi,
  body: JsonObject,
  cachedTokens: number,
): ReadonlyMap<string, MemberEdit> | undefined {
  const place = PLACES[api];
  const edits = new Map<string, MemberEdit>();
  const usage = nestedObject(body, 'usage');
  if (usage) edits.set('usage', editUsage(place, usage, cachedTokens));
  const wrapper = place.wrapper === undefined ? undefined : nestedObject(body, place.wrapper);
  const wrapped = wrapper && nestedObject(wrapper, 'usage');
  if (wrapped) {
    const value = editUsage(place, wrapped, cachedTokens);
    edits.set(place.wrapper!, spliceNested(wrapper, new Map([['usage', value]])));
  }
  return edits.size > 0 ? edits : undefined;
}

function editUsage(place: CachedTokensPlace, usage: JsonObject, cachedTokens: number): Buffer {
  const count = new Map([[place.field, String(cachedTokens)]]);
  if (place.details === undefined) return spliceNested(usage, count);
  const details = nestedObject(usage, place.details);
  const value = details ? spliceNested(details, count) : `{"${place.field}":${cachedTokens}}`;
  return spliceNested(usage, new Map([[place.details, value]]));
}
