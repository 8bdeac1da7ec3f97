import { isSuccess } from './is-success.js';
import type { ResponseHead } from './wire/response-head.js';

/**
 * @returns the content type of a successful answer whose bytes are the content itself; undefined
 *   when there is none, the answer is no success, or a content coding hides the content
 */
export function contentTypeOf(head: ResponseHead): string | undefined {
  if (!isSuccess(head)) return undefined;
  let type: string | undefined;
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = head.headers[i]!.toLowerCase();
    if (name === 'content-type') type = head.headers[i + 1];
    else if (name === 'content-encoding' && head.headers[i + 1] !== 'identity') return undefined;
  }
  return type;
}
