/** What follows a chunk. */
export type Verdict =
  /** Another chunk. */
  | 'more'
  /** One request for all that is left. */
  | 'rest'
  /** Nothing: the answer is complete. */
  | 'done'
  /** The whole answer anew out of one request: it cannot be divided, and the client has nothing of it. */
  | 'undivided'
  /** It cannot go on, and the client has a part of it. */
  | 'broken';

/** Makes one answer out of the answers to several requests. */
export interface Stitcher {
  /** Set by {@link push} when the running request's answer is none that can be used; the rest of it is not needed. */
  readonly unfit: 'undivided' | 'broken' | undefined;

  /** A request was sent. @param isLast nothing may follow it */
  begin(isLast: boolean): void;

  /**
   * @param bytes a piece of the running request's answer, kept if need be
   * @returns what the client gets now
   */
  push(bytes: Buffer): Buffer;

  /** The running request's answer is complete. */
  end(): { readonly verdict: Verdict; readonly output: Buffer };

  /** No request can follow, for there is no room for its prompt. @returns the end of the answer */
  close(): Buffer;
}

/** What is known of a chunk when its answer has ended. */
export interface ChunkEnd {
  /** As JSON; undefined: none was given. */
  readonly finishReason: string | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly hasText: boolean;
  /** It says what no assistant's message can be made of. */
  readonly saysMore: boolean;
  /** The client has nothing of the answer. */
  readonly isUnseen: boolean;
}

/** Only an answer that its limit ended goes on. */
export function judge(end: ChunkEnd): Verdict {
  if (end.finishReason !== '"length"' || end.isLast) return 'done';
  if (end.saysMore) return end.isUnseen ? 'undivided' : 'broken';
  if (end.hasText) return 'more';
  // Tokens without a text that could be continued: such as a part of a character.
  return end.isFirst && end.isUnseen ? 'undivided' : 'rest';
}
