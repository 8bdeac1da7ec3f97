import { giveBackBody, takeBody } from '../proxy/body-pool.js';
import type { Decompress } from './message-encoding.js';
import { GrpcError, GrpcStatus } from './status.js';

/** A flag and the length: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, "Length-Prefixed-Message". */
const HEAD = 5;
/** Flag of such a message. */
const COMPRESSED = 1;
/** Of a long message so many bytes have room at first: who says how much is to come may never send it. */
const FIRST = 256 * 1024;

/**
 * Finds the messages of a call in the pieces in which they come.
 *
 * A message that lies in one piece is handed on as a view of it; one that is spread over several is put together once,
 * in memory that may be given back (`giveBackBody`).
 */
export class MessageSplitter {
  private readonly head = Buffer.allocUnsafe(HEAD);
  private headFilled = 0;
  /** A message of which some bytes are missing. */
  private body: Buffer | undefined;
  private bodyFilled = 0;
  /** What is being read came compressed. */
  private isCompressed = false;
  /** Length of that message. */
  private wanted = 0;

  /** @param most bytes of a message @param decompress of the call's encoding; undefined where all messages are plain */
  constructor(
    private readonly most: number,
    private readonly decompress?: Decompress,
  ) {}

  /**
   * @param message gets each message that is whole now, in order
   * @throws GrpcError for a message that is too long, or compressed otherwise than the call says
   */
  push(piece: Buffer, message: (bytes: Buffer) => void): void {
    let at = 0;
    while (at < piece.length) {
      if (this.body) at += this.fillBody(this.body, piece, at, message);
      else if (this.headFilled > 0 || piece.length - at < HEAD)
        at += this.fillHead(piece, at, message);
      else {
        const length = this.lengthIn(piece, at);
        at += HEAD;
        if (piece.length - at >= length) {
          this.hand(piece.subarray(at, at + length), message);
          at += length;
        } else this.begin(length);
      }
    }
  }

  /** Part of a message is there, and the rest is not. */
  get isWithin(): boolean {
    return this.body !== undefined || this.headFilled > 0;
  }

  /** Bytes of memory that such a message has. */
  get held(): number {
    return this.body?.length ?? 0;
  }

  private begin(length: number): void {
    this.wanted = length;
    this.body = takeBody(Math.min(length, FIRST));
    this.bodyFilled = 0;
  }

  private fillBody(
    body: Buffer,
    piece: Buffer,
    at: number,
    message: (bytes: Buffer) => void,
  ): number {
    const taken = piece.copy(body, this.bodyFilled, at);
    this.bodyFilled += taken;
    if (this.bodyFilled === this.wanted) {
      this.body = undefined;
      this.hand(body, message);
    } else if (this.bodyFilled === body.length) {
      this.body = takeBody(Math.min(this.wanted, 2 * body.length));
      body.copy(this.body);
      giveBackBody(body);
    }
    return taken;
  }

  private fillHead(piece: Buffer, at: number, message: (bytes: Buffer) => void): number {
    const taken = piece.copy(this.head, this.headFilled, at);
    this.headFilled += taken;
    if (this.headFilled === HEAD) {
      this.headFilled = 0;
      const length = this.lengthIn(this.head, 0);
      if (length > 0) this.begin(length);
      else this.hand(this.head.subarray(HEAD), message);
    }
    return taken;
  }

  private hand(bytes: Buffer, message: (bytes: Buffer) => void): void {
    message(this.isCompressed ? this.decompress!(bytes) : bytes);
  }

  private lengthIn(bytes: Buffer, at: number): number {
    this.isCompressed = bytes[at] === COMPRESSED;
    if (bytes[at] !== 0 && !(this.isCompressed && this.decompress)) {
      throw new GrpcError(
        GrpcStatus.internal,
        `a message has the flag ${bytes[at]}, in a call whose messages are plain`,
      );
    }
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.most) {
      throw new GrpcError(
        GrpcStatus.resourceExhausted,
        `a message has ${length} bytes, more than the ${this.most} that --grpc-max-recv-msg-size allows`,
      );
    }
    return length;
  }
}
