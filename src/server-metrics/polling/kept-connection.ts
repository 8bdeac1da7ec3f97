import type { Origin } from '../../proxy/origin.js';
import { UpstreamConnection, type ConnectionCall } from '../../proxy/upstream-connection.js';
import type { UpstreamError } from '../../proxy/upstream-error.js';
import type { AnswerRead } from '../../proxy/upstream.service.js';

/** Takes the body of an answer of status 200. One of `onEnd` and `onFailure` is called once, unless it is aborted. */
export interface PageReceiver {
  /** @param bytes valid during the call only @param end one past the last */
  onBytes(bytes: Buffer, start: number, end: number): void;
  onEnd(): void;
  /** @param reason for people */
  onFailure(reason: string): void;
}

/** More than this is no page of metrics and no list of models. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** The connection to one server: one request at a time, kept as long as the server keeps it. */
export class KeptConnection implements ConnectionCall {
  head = '';
  readonly body = undefined;
  readonly memory = undefined;
  readonly toHead = false;
  private connection: UpstreamConnection | undefined;
  private receiver: PageReceiver | undefined;
  private repeated = false;
  private status = 0;
  private received = 0;

  constructor(private readonly origin: Origin) {}

  /** Whether a request is under way. */
  get busy(): boolean {
    return this.receiver !== undefined;
  }

  /** @param head of the request, with the empty line; not while it is `busy` */
  ask(head: string, receiver: PageReceiver): void {
    this.head = head;
    this.receiver = receiver;
    this.repeated = false;
    this.send();
  }

  /** Nobody is called back. */
  abort(): void {
    this.receiver = undefined;
    const { connection } = this;
    this.connection = undefined;
    connection?.abort();
  }

  /** Ends the request under way, as by a failure. */
  giveUp(reason: string): void {
    const { receiver } = this;
    this.abort();
    receiver?.onFailure(reason);
  }

  onSent(): void {
    // When it began counts, not when it was sent.
  }

  onRead(read: AnswerRead): void {
    if (read.head) {
      this.status = read.head.statusCode;
      if (isEncoded(read.head.headers)) return this.giveUp('the answer is compressed');
    }
    const { bytes, spans, done } = read;
    for (let i = 0; i < spans.length; i += 2) {
      this.received += spans[i + 1]! - spans[i]!;
      if (this.received > MAX_PAGE_BYTES) return this.giveUp('the answer is larger than 4 MiB');
      if (this.status === 200) this.receiver?.onBytes(bytes, spans[i]!, spans[i + 1]!);
    }
    if (done) this.end();
  }

  onFailure({ failure, message }: UpstreamError): void {
    const connection = this.connection!;
    this.connection = undefined;
    // One that waited may have been closed meanwhile.
    if (failure === 'reset' && connection.waited && !connection.hasAnswer && !this.repeated) {
      this.repeated = true;
      return this.send();
    }
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.onFailure(message);
  }

  private send(): void {
    this.status = 0;
    this.received = 0;
    if (this.connection && this.connection.usableUntil <= performance.now()) {
      this.connection.abort();
      this.connection = undefined;
    }
    this.connection ??= new UpstreamConnection(
      this.origin,
      this.origin.addresses[0]!,
      () => {
        // It stays where it is.
      },
      (closed) => {
        if (closed === this.connection) this.connection = undefined;
      },
    );
    this.connection.send(this);
  }

  private end(): void {
    const { receiver, status } = this;
    this.receiver = undefined;
    if (status === 200) receiver?.onEnd();
    else receiver?.onFailure(`status ${status}`);
  }
}

/** @param headers name, value, name, value … */
function isEncoded(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const coding = headers[i]!.toLowerCase() === 'content-encoding' ? headers[i + 1]! : 'identity';
    if (coding.toLowerCase() !== 'identity') return true;
  }
  return false;
}
