import { findMember, type JsonObject } from '../openai/json-object.js';
import { rawValue, valueOf } from '../openai/json-value.js';
import { indivisibleBy } from './indivisible.js';
import { findTextPlace, type TextPlace } from './text-place.js';

/** A chat request whose answer may come out of several requests. */
export interface ChatRequest {
  readonly body: JsonObject;
  readonly stream: boolean;
  /** Tokens that the answer may have; Infinity where the client does not say. */
  readonly limit: number;
  /** Tokens that it must have, where the client says. */
  readonly minimum: number | undefined;
  /** Where sampling is random and the client wants it repeatable. */
  readonly seed: bigint | undefined;
  readonly place: TextPlace;
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;

/**
 * @param body of a chat request, @param size of a chunk in tokens
 * @returns why the answer has to come out of one request, where it has to
 */
export function readChatRequest(body: JsonObject, size: number): ChatRequest | string {
  const reason = indivisibleBy(body);
  if (reason !== undefined) return reason;
  const stream = valueOf(body, 'stream') ?? false;
  if (typeof stream !== 'boolean') return 'stream is no truth value';
  const limit = limitOf(body);
  if (limit === undefined) return 'the limit is no number of tokens';
  if (limit <= size) return 'the limit is one chunk or less';
  const minimum = countOf(body, 'min_tokens', 0);
  if (minimum === undefined || minimum > limit) return 'min_tokens is no number within the limit';
  const seed = seedOf(body);
  if (typeof seed === 'string') return seed;
  const place = findTextPlace(body);
  if (typeof place === 'string') return place;
  const asks = findMember(body, 'min_tokens') !== undefined;
  return { body, stream, limit, minimum: asks ? minimum : undefined, seed, place };
}

/** The newer name counts where both are given. */
function limitOf(body: JsonObject): number | undefined {
  const older = countOf(body, 'max_tokens', Infinity);
  return older === undefined ? undefined : countOf(body, 'max_completion_tokens', older);
}

/** @returns `otherwise` where nothing is given, undefined where it is no count */
function countOf(body: JsonObject, name: string, otherwise: number): number | undefined {
  const value = valueOf(body, name);
  if (value === null) return otherwise;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function seedOf(body: JsonObject): bigint | string | undefined {
  if (valueOf(body, 'seed') === null || valueOf(body, 'temperature') === 0) return undefined;
  const digits = rawValue(body, 'seed')!.toString('latin1');
  return INTEGER.test(digits) ? BigInt(digits) : 'the seed is no integer';
}
