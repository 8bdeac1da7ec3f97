import type { GenerateApi } from '../openai/api.js';
import { usageTransform } from '../openai/usage-transform.js';
import { contentTypeOf } from '../proxy/content-type.js';
import type { DecodeLeg } from '../proxy/exchange.js';

/**
 * Puts the number of cached tokens that the prefiller told into the decoder's answer, which counts the whole prompt.
 *
 * A function of its own, so that it does not hold on to the bodies while an answer streams.
 */
export function correctCachedTokens(
  api: GenerateApi,
  cachedTokens: number,
): NonNullable<DecodeLeg['transform']> {
  return (head) => {
    const type = contentTypeOf(head);
    return type === undefined ? undefined : usageTransform(api, cachedTokens, type);
  };
}
