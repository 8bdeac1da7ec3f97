import type { AnswerRelay } from './answer-relay.js';
import { isSuccess } from './is-success.js';
import type { UpstreamError } from './upstream-error.js';
import type { AnswerReceiver } from './upstream.service.js';
import type { ParsedRead } from './wire/response-parser.js';

/**
 * Keeps an answer back until it is known to count: no byte of it, nor its head, is passed on before {@link release}.
 *
 * What is kept is one read, 64 KiB at most: the engine is not read from any further, and waits. An answer that is no
 * 2xx needs nobody's consent: it is passed on at once.
 */
export class HeldAnswer implements AnswerReceiver {
  private reads: ParsedRead[] | undefined = [];
  private readonly timer: NodeJS.Timeout | undefined;

  /**
   * @param relay takes the answer when it is released, and a failure at once
   * @param patience milliseconds that it is kept at most; 0 = no limit
   * @param onLate called when they are over; the caller abandons the relay
   */
  constructor(
    private readonly relay: AnswerRelay,
    patience: number,
    onLate: () => void,
  ) {
    if (patience > 0) this.timer = setTimeout(onLate, patience);
  }

  onRead(read: ParsedRead): void {
    if (!this.reads) return this.relay.onRead(read);
    this.reads.push(copyOf(read));
    if (read.head && !isSuccess(read.head)) this.release();
    // In front of the head there may be 1xx answers.
    else if (read.head && !read.done) this.relay.call.pause();
  }

  onFailure(error: UpstreamError): void {
    this.drop();
    // Of what was kept the client has nothing, so that it gets the error.
    this.relay.onFailure(error);
  }

  /** Passes on what was kept, and from then on each read as it comes. */
  release(): void {
    const { reads } = this;
    if (!reads) return;
    this.drop();
    // First: the relay pauses again when the client cannot take more.
    this.relay.call.resume();
    for (const read of reads) this.relay.onRead(read);
  }

  /** Nobody wants it any more. */
  drop(): void {
    clearTimeout(this.timer);
    this.reads = undefined;
  }
}

/** A read outlives its call only as a copy. */
function copyOf({ bytes, spans, head, interim, done, trailers, surplus }: ParsedRead): ParsedRead {
  const pieces: Buffer[] = [];
  for (let i = 0; i < spans.length; i += 2) pieces.push(bytes.subarray(spans[i], spans[i + 1]));
  const payload = Buffer.concat(pieces);
  return {
    bytes: payload,
    end: payload.length,
    spans: payload.length > 0 ? [0, payload.length] : [],
    head,
    interim: [...interim],
    done,
    trailers,
    surplus,
  };
}
