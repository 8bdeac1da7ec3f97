import type { ProxyError } from '../../../errors/proxy.error.js';
import { isOwn } from './routes.js';

type Shape = (error: ProxyError) => object;

/** Anthropic's names of kinds of errors. @see https://docs.anthropic.com/en/api/errors */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

const anthropic: Shape = ({ row: { status, message } }) => ({
  type: 'error',
  error: { type: ANTHROPIC_TYPES[status] ?? 'api_error', message },
});

const workerApi: Shape = ({ code, row: { message } }) => ({
  error: message,
  code: code.toUpperCase(),
});

/** @returns how errors look in the API that is called; undefined: as in OpenAI's */
export function errorShapeOf(method: string, path: string): Shape | undefined {
  if (path === '/v1/messages' || path.startsWith('/v1/messages/')) return anthropic;
  return !path.startsWith('/v1/') && isOwn(method, path) ? workerApi : undefined;
}
