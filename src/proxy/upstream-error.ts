/** Why a leg got no whole answer. */
export type UpstreamFailure =
  /** No connection: refused, unreachable, unknown name. */
  | 'connect'
  | 'connect-timeout'
  /** The connection ended after the request was sent and before the head of an answer. */
  | 'reset'
  | 'head-timeout'
  /** The answer began and did not end in time. */
  | 'body-timeout'
  /** The TLS handshake failed. */
  | 'tls'
  /** The answer is not valid HTTP. */
  | 'protocol'
  /** The connection ended inside the answer's body. */
  | 'truncated';

/** A leg that failed; the message is for the log. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';

  constructor(
    readonly failure: UpstreamFailure,
    /** The target's label. */
    readonly target: string,
    options: { cause?: unknown } = {},
  ) {
    const cause = options.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(`${failure} (${target})${cause}`, options);
  }
}
