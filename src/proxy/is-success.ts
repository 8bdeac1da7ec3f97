import type { ResponseHead } from './wire/response-head.js';

/** Whether an engine did what it was asked for: a 2xx. */
export function isSuccess({ statusCode }: Pick<ResponseHead, 'statusCode'>): boolean {
  return statusCode >= 200 && statusCode <= 299;
}
