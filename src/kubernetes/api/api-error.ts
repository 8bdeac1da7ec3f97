import { missingRight, resourceOf, type Right } from './right.js';

/** Why a request to the API server failed; the message is for one log line. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  /** What the server asks to wait for (Retry-After), in milliseconds. */
  readonly retryAfterMs: number;

  constructor(
    message: string,
    details: { status?: number; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    const oneLine = message.replace(/\s+/g, ' ').trim();
    super(oneLine, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }
}

/**
 * @param server for the message
 * @param right what the request needs
 * @param text what the server says about it
 */
export function refusal(
  server: string,
  right: Right,
  answer: { status: number; text: string; retryAfterMs: number },
): ApiError {
  const { status, text, retryAfterMs } = answer;
  const words: Record<number, string> = {
    401: `${server} refuses the credentials (401)`,
    403: missingRight(right, text),
    404: `${resourceOf(right)} are not served (404): is the CRD installed?`,
  };
  const message = words[status] ?? `${server} answers ${status}${text && `: ${text}`}`;
  return new ApiError(message, { status, retryAfterMs });
}

/** @returns the failure as an ApiError: what is none means that no answer came, or one that cannot be read */
export function asApiError(server: string, failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  const { code, message } = (failure ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string') {
    return new ApiError(`${server}: ${String(message ?? failure)}`, { cause: failure });
  }
  const what = /CERT|TLS|SSL|SIGNATURE/.test(code) ? 'cannot be trusted' : 'does not answer';
  return new ApiError(`${server} ${what} (${code})`, { cause: failure });
}
