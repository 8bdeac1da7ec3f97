import { ERRORS, type ErrorCode } from './error-table.js';
import type { ErrorRow } from './error-row.js';

/**
 * A request that cannot go on, with its row of {@link ERRORS}.
 *
 * The message is for the log and may name addresses; the client reads the row's constant text.
 */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';

  /**
   * @param detail for the log: what exactly was wrong
   * @param options `cause`: the error underneath; `upstream`: an engine's answer, told to the client;
   *   `retryAfter`: seconds, `status`: both in place of the row's
   */
  constructor(
    readonly code: ErrorCode,
    detail: string,
    options: {
      cause?: unknown;
      upstream?: { status: number; body: string };
      retryAfter?: number;
      status?: number;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.upstream = options.upstream;
    this.retryAfter = options.retryAfter ?? this.row.retryAfter;
    this.status = options.status ?? this.row.status;
  }

  readonly upstream: { status: number; body: string } | undefined;
  /** Of the answer. */
  readonly status: number;
  /** Seconds after which the client may come back; undefined where nothing is known. */
  readonly retryAfter: number | undefined;

  get row(): ErrorRow {
    return ERRORS[this.code];
  }

  /** Anything thrown, as a ProxyError. */
  static from(error: unknown): ProxyError {
    if (error instanceof ProxyError) return error;
    const detail = error instanceof Error ? error.message : String(error);
    return new ProxyError('internal', detail, { cause: error });
  }
}
