import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { freeMemory } from './free-memory.js';
import type { StreamedBody } from './request-body.js';

/** What was sent is kept up to this size, so that a stale connection can be replaced unseen. */
const MAX_TAPE_BYTES = 64 * 1024;
/**
 * Bytes that may wait for a slow engine before the client is no longer read: a client that is read is seen
 * leaving at once.
 */
const READ_AHEAD = 256 * 1024;

/**
 * A client's request body on its way to an engine, framed as the client framed it: by its length or
 * in chunks (of our own making; chunk borders mean nothing).
 */
export class StreamedRequestBody implements StreamedBody {
  finished = false;
  private readonly tape: Buffer[] = [];
  private tapeBytes = 0;
  private taping = true;
  private socket: Socket | undefined;
  private ended = false;
  private started = false;

  /** @param chunked whether to send it chunked; else the head has told its length */
  constructor(
    private readonly request: IncomingMessage,
    private readonly chunked: boolean,
  ) {}

  get repeatable(): boolean {
    return this.taping;
  }

  attach(socket: Socket): () => void {
    this.socket = socket;
    this.finished = false;
    const onDrain = (): void => {
      this.request.resume();
    };
    socket.on('drain', onDrain);
    for (const chunk of this.tape) this.write(chunk);
    if (this.ended) this.finish();
    if (!this.started) this.start();
    else this.request.resume();
    return () => {
      socket.off('drain', onDrain);
      this.socket = undefined;
      // A client that cannot get rid of its body may never read the answer.
      this.request.resume();
    };
  }

  hold(): () => void {
    if (!this.started) return () => undefined;
    this.request.pause();
    return () => this.request.resume();
  }

  private start(): void {
    this.started = true;
    this.request.on('data', (chunk: Buffer) => {
      const taped = this.record(chunk);
      const written = taped ? undefined : (): void => freeMemory(chunk);
      if (!this.write(chunk, written)) this.request.pause();
    });
    this.request.on('end', () => {
      this.ended = true;
      this.finish();
    });
  }

  /** @returns whether it may have to be sent again */
  private record(chunk: Buffer): boolean {
    if (!this.taping) return false;
    this.tapeBytes += chunk.length;
    if (this.tapeBytes > MAX_TAPE_BYTES) {
      this.taping = false;
      this.tape.length = 0;
    } else this.tape.push(chunk);
    return this.taping;
  }

  /** @returns false when the engine reads slower than the client sends */
  private write(chunk: Buffer, written?: () => void): boolean {
    const { socket } = this;
    // Nobody to write to: an answer came before the body ended. The rest is read and dropped.
    if (!socket?.writable) return true;
    if (!this.chunked) {
      socket.write(chunk, written);
      return socket.writableLength <= READ_AHEAD;
    }
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk, written);
    socket.write('\r\n', 'latin1');
    socket.uncork();
    return socket.writableLength <= READ_AHEAD;
  }

  private finish(): void {
    if (this.chunked && this.socket?.writable) this.socket.write('0\r\n\r\n', 'latin1');
    this.finished = true;
  }
}
