/** Changes a body on its way to the client, piece by piece. */
export interface PayloadTransform {
  /** It needs the whole body: nothing, not even the head, goes out before {@link end}. */
  readonly whole: boolean;

  /** It changes no byte: a Content-Length stays true. */
  readonly keepsLength?: boolean;

  /**
   * Whether the answer turned out to be a refusal, of which nothing goes out; it is {@link whole} until that is known.
   * Undefined for transforms that know of none.
   */
  readonly refused?: boolean | undefined;

  /**
   * @param bytes the next piece; kept only while {@link whole}, since its memory is used again otherwise
   * @returns what goes out now: `bytes` itself when nothing was changed or held back
   */
  push(bytes: Buffer): Buffer;

  /** @returns what is left when the body is complete */
  end(): Buffer;
}
