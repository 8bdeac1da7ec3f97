import { ApiError } from '../http/api-error.js';
import type { Sampling } from '../api/sampling.js';

/**
 * Checks what an encoder is asked for: one item, and no more of an answer than it takes to be asked.
 *
 * @param media hashes of the request's items
 * @throws ApiError 400
 */
export function checkEncodeRequest(media: readonly string[], sampling: Sampling): void {
  const { maxTokens, stream, n, kvTransferParams } = sampling;
  if (media.length !== 1) {
    throw ApiError.badRequest(`An encoder takes one item a request, got ${media.length}.`);
  }
  if (maxTokens !== 1) {
    throw ApiError.badRequest(
      `An encoder generates one token, got ${maxTokens ?? 'no limit'}.`,
      'max_tokens',
    );
  }
  if (stream) throw ApiError.badRequest('An encoder does not stream.', 'stream');
  if (n !== 1) throw ApiError.badRequest(`An encoder gives one answer, got n=${n}.`, 'n');
  if (kvTransferParams) {
    throw ApiError.badRequest('An encoder hands over no KV.', 'kv_transfer_params');
  }
}
