import { connect, type Socket } from 'node:net';
import {
  ACK,
  callHead,
  END_HEADERS,
  END_STREAM,
  FRAME_HEAD,
  FrameType,
  frame,
  initialWindowIn,
  MOST_PAYLOAD,
  OUR_WINDOW,
  preface,
  windowUpdate,
  writeFrameHead,
} from './frames.js';

const DEFAULT_WINDOW = 65_535;
/** Shorter payloads are copied together with their frames' heads. */
const COPIED = 4096;
const SLAB = 65_536;
const PATH = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';

/** Learns what comes on a stream. */
export interface StreamHandler {
  data(bytes: Buffer): void;
  /** The other side has ended the stream, or broken it off. */
  closed(wasReset: boolean): void;
}

/**
 * The client's side of an HTTP/2 connection in plain text, on a raw socket: it costs a tenth of Node's own, so that the
 * load leaves the machine to what is measured.
 */
export class Connection {
  private readonly streams = new Map<number, CallStream>();
  private nextId = 1;
  private window = DEFAULT_WINDOW;
  private streamWindow = DEFAULT_WINDOW;
  private unacknowledged = 0;
  private rest: Buffer | undefined;
  private slab = Buffer.allocUnsafe(SLAB);
  private filled = 0;
  private isCorked = false;
  private readonly head: Buffer;
  private readonly socket: Socket;

  private constructor(socket: Socket, port: number) {
    this.socket = socket;
    this.head = callHead(PATH, `127.0.0.1:${port}`);
    socket.setNoDelay(true);
    socket.write(preface());
    socket.on('data', (bytes) => this.read(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.lost());
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new Connection(socket, port);
  }

  /** Begins a call. Nothing is written before {@link flush}. */
  call(handler: StreamHandler): CallStream {
    const stream = new CallStream(this, this.nextId, this.streamWindow, handler);
    this.nextId += 2;
    this.streams.set(stream.id, stream);
    this.copy(FrameType.headers, END_HEADERS, stream.id, this.head);
    return stream;
  }

  /** Hands all that was sent to the kernel. */
  flush(): void {
    this.writeSlab();
    if (!this.isCorked) return;
    this.isCorked = false;
    this.socket.uncork();
  }

  close(): void {
    this.streams.clear();
    this.socket.destroy();
  }

  /** For streams: a frame of at most so many bytes as the connection's window has. @returns how many were written */
  writeData(stream: number, bytes: Buffer, end: boolean, most: number): number {
    const length = Math.min(bytes.length, most, this.window, MOST_PAYLOAD);
    if (length === 0 && bytes.length > 0) return 0;
    this.window -= length;
    const flags = end && length === bytes.length ? END_STREAM : 0;
    const payload = length === bytes.length ? bytes : bytes.subarray(0, length);
    if (length < COPIED) this.copy(FrameType.data, flags, stream, payload);
    else {
      this.reserve(FRAME_HEAD);
      writeFrameHead(this.slab, this.filled, length, FrameType.data, flags, stream);
      this.filled += FRAME_HEAD;
      this.spill();
      this.socket.write(payload);
    }
    return length;
  }

  private copy(type: number, flags: number, stream: number, payload: Buffer): void {
    this.reserve(FRAME_HEAD + payload.length);
    writeFrameHead(this.slab, this.filled, payload.length, type, flags, stream);
    payload.copy(this.slab, this.filled + FRAME_HEAD);
    this.filled += FRAME_HEAD + payload.length;
  }

  private reserve(length: number): void {
    if (this.filled + length <= this.slab.length) return;
    this.spill();
    this.slab = Buffer.allocUnsafe(SLAB);
    this.filled = 0;
  }

  /** What is in the slab goes before what is written next. */
  private spill(): void {
    if (!this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
    }
    this.writeSlab();
  }

  private writeSlab(): void {
    if (this.filled === 0) return;
    this.socket.write(this.slab.subarray(0, this.filled));
    this.slab = this.slab.subarray(this.filled);
    this.filled = 0;
  }

  private read(bytes: Buffer): void {
    let all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    this.rest = undefined;
    let at = 0;
    while (all.length - at >= FRAME_HEAD) {
      const end = at + FRAME_HEAD + all.readUIntBE(at, 3);
      if (end > all.length) break;
      this.frame(all, at, all.subarray(at + FRAME_HEAD, end));
      at = end;
    }
    if (at < all.length) this.rest = all = all.subarray(at);
    this.flush();
  }

  private frame(bytes: Buffer, at: number, payload: Buffer): void {
    const type = bytes[at + 3];
    const flags = bytes[at + 4]!;
    const id = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    if (type === FrameType.data) this.data(id, payload, (flags & END_STREAM) !== 0);
    else if (type === FrameType.headers && (flags & END_STREAM) !== 0) this.end(id, false);
    else if (type === FrameType.reset) this.end(id, payload.readUInt32BE(0) !== 0);
    else if (type === FrameType.windowUpdate) this.widen(id, payload.readUInt32BE(0));
    else if (type === FrameType.settings && (flags & ACK) === 0) this.settings(payload);
    else if (type === FrameType.ping && (flags & ACK) === 0)
      this.copy(FrameType.ping, ACK, 0, payload);
    else if (type === FrameType.goAway && payload.readUInt32BE(4) !== 0) this.socket.destroy();
  }

  private data(id: number, payload: Buffer, isEnd: boolean): void {
    this.unacknowledged += payload.length;
    if (this.unacknowledged > OUR_WINDOW / 16) {
      const update = windowUpdate(0, this.unacknowledged);
      this.reserve(update.length);
      update.copy(this.slab, this.filled);
      this.filled += update.length;
      this.unacknowledged = 0;
    }
    if (payload.length > 0) this.streams.get(id)?.handler.data(payload);
    if (isEnd) this.end(id, false);
  }

  private end(id: number, wasReset: boolean): void {
    const stream = this.streams.get(id);
    this.streams.delete(id);
    stream?.handler.closed(wasReset);
  }

  private widen(id: number, by: number): void {
    if (id === 0) {
      this.window += by;
      for (const stream of this.streams.values()) stream.push();
      return;
    }
    const stream = this.streams.get(id);
    if (!stream) return;
    stream.window += by;
    stream.push();
  }

  private settings(payload: Buffer): void {
    const size = initialWindowIn(payload);
    if (size !== undefined) {
      for (const stream of this.streams.values()) stream.window += size - this.streamWindow;
      this.streamWindow = size;
    }
    const answer = frame(FrameType.settings, ACK, 0, Buffer.alloc(0));
    this.reserve(answer.length);
    answer.copy(this.slab, this.filled);
    this.filled += answer.length;
    for (const stream of this.streams.values()) stream.push();
  }

  private lost(): void {
    const open = [...this.streams.values()];
    this.streams.clear();
    for (const stream of open) stream.handler.closed(true);
  }
}

/** One call; what the windows have no room for waits. */
export class CallStream {
  private waiting: { readonly bytes: Buffer; readonly end: boolean }[] = [];
  readonly id: number;
  readonly handler: StreamHandler;
  window: number;
  private readonly connection: Connection;

  constructor(connection: Connection, id: number, window: number, handler: StreamHandler) {
    this.connection = connection;
    this.id = id;
    this.window = window;
    this.handler = handler;
  }

  send(bytes: Buffer, end = false): void {
    if (this.waiting.length === 0) {
      const sent = this.write(bytes, end);
      if (sent === bytes.length) return;
      this.waiting.push({ bytes: bytes.subarray(sent), end });
    } else this.waiting.push({ bytes, end });
  }

  /** The windows have grown. */
  push(): void {
    while (this.waiting.length > 0) {
      const { bytes, end } = this.waiting[0]!;
      const sent = this.write(bytes, end);
      if (sent < bytes.length) {
        this.waiting[0] = { bytes: bytes.subarray(sent), end };
        return;
      }
      this.waiting.shift();
    }
  }

  private write(bytes: Buffer, end: boolean): number {
    let sent = 0;
    do {
      const piece = sent === 0 ? bytes : bytes.subarray(sent);
      const written = this.connection.writeData(this.id, piece, end, this.window);
      this.window -= written;
      sent += written;
      if (written === 0) break;
    } while (sent < bytes.length);
    return sent;
  }
}
