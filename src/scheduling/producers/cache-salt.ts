import type { JsonObject } from '../../openai/json-object.js';
import { valueOf } from '../../openai/json-value.js';

/** @returns what keeps the caches of clients apart: `cache_salt`, '' where a request has none */
export function saltOf(body: JsonObject | undefined): string {
  const salt = body && valueOf(body, 'cache_salt');
  return typeof salt === 'string' ? salt : '';
}
