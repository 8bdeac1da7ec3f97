import type { Socket } from 'node:net';
import { encodeCommand, encodeMessage, FrameReader, ZmtpError, type Frame } from './frames.js';
import {
  checkGreeting,
  commandOf,
  GREETING,
  GREETING_BYTES,
  identityOf,
  readyCommand,
  type SocketType,
} from './handshake.js';

export interface PeerOptions {
  /** Of this end. */
  readonly type: SocketType;
  /** Bytes of the longest message that is taken. */
  readonly maxMessageBytes: number;
  /** Milliseconds from the connection to the end of the handshake. */
  readonly handshakeTimeout?: number;
}

/** What comes from a peer; nothing does after {@link PeerEvents.closed}. */
export interface PeerEvents {
  /** The handshake is done: messages can be sent. */
  ready?(peer: ZmqPeer): void;
  message(parts: readonly Buffer[], peer: ZmqPeer): void;
  /** @param reason for people */
  closed?(reason: string, peer: ZmqPeer): void;
}

const MAX_PARTS = 64;
/** A command is a handshake or a heartbeat. */
const MAX_COMMAND_BYTES = 4096;
const HANDSHAKE_TIMEOUT_MS = 5000;
const KEEP_ALIVE_MS = 10_000;

/** One end of a connection that speaks ZMTP 3.0 with the mechanism NULL, whichever end dialled. */
export class ZmqPeer {
  /** What the other end calls itself; empty where it has no name. */
  identity: Buffer = Buffer.alloc(0);
  private readonly frames: FrameReader;
  private greeting: Buffer | undefined = Buffer.alloc(0);
  private isReady = false;
  private isClosed = false;
  private parts: Buffer[] = [];
  private size = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param socket connected or connecting; it belongs to the peer from here on */
  constructor(
    private readonly socket: Socket,
    private readonly options: PeerOptions,
    private readonly events: PeerEvents,
  ) {
    this.frames = new FrameReader(Math.max(options.maxMessageBytes, MAX_COMMAND_BYTES));
    const patience = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT_MS;
    this.timer = setTimeout(() => this.close('no handshake in time'), patience);
    socket.setNoDelay(true);
    // Who is gone without a word is noticed after some 20 seconds.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk) => this.read(chunk));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('it closed the connection'));
    socket.write(GREETING);
  }

  /** Bytes that the other end has not taken yet. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  /** Does nothing before the handshake is done and after the end. */
  send(parts: readonly Uint8Array[]): void {
    if (this.isReady && !this.isClosed) this.socket.write(encodeMessage(parts));
  }

  /** Closes the connection; a second call does nothing. */
  close(reason = 'closed from here'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    this.parts = [];
    this.socket.destroy();
    this.events.closed?.(reason, this);
  }

  private read(chunk: Buffer): void {
    try {
      const rest = this.greeting ? this.greet(chunk) : chunk;
      if (rest && rest.length > 0) this.frames.read(rest, (frame) => this.take(frame));
    } catch (error) {
      if (!(error instanceof ZmtpError)) throw error;
      this.close(error.message);
    }
  }

  /** @returns what follows the greeting, once that is complete */
  private greet(chunk: Buffer): Buffer | undefined {
    const bytes = Buffer.concat([this.greeting!, chunk]);
    // Others than ZMTP 3 may wait for more of ours before they send all of theirs.
    if (bytes[0] !== 0xff) throw new ZmtpError('it speaks no ZMTP');
    this.greeting = bytes.length < GREETING_BYTES ? bytes : undefined;
    if (this.greeting) return undefined;
    checkGreeting(bytes);
    this.socket.write(readyCommand(this.options.type));
    return bytes.subarray(GREETING_BYTES);
  }

  private take({ isCommand, hasMore, body }: Frame): void {
    if (this.isClosed) return;
    if (isCommand) return this.command(body);
    if (!this.isReady) throw new ZmtpError('a message before the handshake');
    this.size += body.length;
    if (this.size > this.options.maxMessageBytes || this.parts.length >= MAX_PARTS) {
      throw new ZmtpError(`a message of more than ${this.options.maxMessageBytes} bytes`);
    }
    this.parts.push(body);
    if (hasMore) return;
    const { parts } = this;
    this.parts = [];
    this.size = 0;
    this.events.message(parts, this);
  }

  private command(body: Buffer): void {
    if (body.length > MAX_COMMAND_BYTES) throw new ZmtpError('a command that is too long');
    const command = commandOf(body);
    if (!this.isReady) {
      this.identity = identityOf(command, this.options.type);
      this.isReady = true;
      clearTimeout(this.timer);
      this.events.ready?.(this);
    } else if (command.name === 'PING') {
      const pong = Buffer.concat([Buffer.from('\x04PONG'), command.data.subarray(2)]);
      this.socket.write(encodeCommand(pong));
    } else if (command.name === 'ERROR') {
      throw new ZmtpError(`it ended the connection: ${command.data.toString('utf8', 1)}`);
    }
  }
}
