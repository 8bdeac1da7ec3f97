import type { GenerateApi } from './api.js';
import { findMember, readNestedObject, type JsonObject } from './json-object.js';
import { spliceNested, type MemberEdit } from './json-splice.js';

/** What an API calls its token limits. */
interface LimitNames {
  /** Set to 1 on the prefill leg, added when the client sent none. */
  readonly always: readonly string[];
  /** Set to 1 only where the client sent them. */
  readonly wherePresent: readonly string[];
  /** The object that holds them, when it is not the body itself. */
  readonly container?: string;
}

const LIMITS: Readonly<Record<GenerateApi, LimitNames>> = {
  chat_completions: {
    always: ['max_tokens', 'max_completion_tokens'],
    wherePresent: ['min_tokens', 'n'],
  },
  completions: {
    always: ['max_tokens'],
    wherePresent: ['max_completion_tokens', 'min_tokens', 'n'],
  },
  messages: {
    always: ['max_tokens'],
    wherePresent: ['max_completion_tokens', 'min_tokens', 'n'],
  },
  responses: { always: ['max_output_tokens'], wherePresent: ['min_tokens', 'n'] },
  generate: {
    always: ['max_tokens'],
    wherePresent: ['min_tokens', 'n'],
    container: 'sampling_params',
  },
};

/**
 * The edits that make a prefiller compute the prompt and one token, and no more.
 *
 * Every limit of the API becomes 1 (a `min_tokens` above `max_tokens` is an error to vLLM), `n`
 * becomes 1 and `best_of` goes: a KV cache is handed over once, for one sequence. So do parameters of a transfer that
 * stand among the sampling parameters of generate.
 *
 * @returns edits for `spliceMembers` on the same body
 */
export function limitToOneToken(api: GenerateApi, body: JsonObject): Map<string, MemberEdit> {
  const limits = LIMITS[api];
  if (limits.container === undefined) return limitMembers(limits, body);

  const member = findMember(body, limits.container);
  const nested = member && readNestedObject(body, member);
  const value = nested
    ? spliceNested(nested, withoutParams(limitMembers(limits, nested), nested))
    : `{${limits.always.map((name) => `"${name}":1`).join(',')}}`;
  return new Map([[limits.container, value]]);
}

/** The same of an answer that comes whole, for engines that tell of the transfer in it. */
export function limitToOneWhole(api: GenerateApi, body: JsonObject): Map<string, MemberEdit> {
  return limitToOneToken(api, body).set('stream', 'false').set('stream_options', undefined);
}

/**
 * vLLM reads `kv_transfer_params` within `extra_args` where the body has none beside: they are a client's own, and can
 * name any host.
 */
function withoutParams(
  edits: Map<string, MemberEdit>,
  samplingParams: JsonObject,
): Map<string, MemberEdit> {
  const member = findMember(samplingParams, 'extra_args');
  const extra = member && readNestedObject(samplingParams, member);
  if (extra && findMember(extra, 'kv_transfer_params')) {
    edits.set('extra_args', spliceNested(extra, new Map([['kv_transfer_params', undefined]])));
  }
  return edits;
}

function limitMembers(limits: LimitNames, body: JsonObject): Map<string, MemberEdit> {
  const edits = new Map<string, MemberEdit>();
  for (const name of limits.always) edits.set(name, '1');
  for (const name of limits.wherePresent) {
    if (findMember(body, name)) edits.set(name, '1');
  }
  edits.set('best_of', undefined);
  return edits;
}
