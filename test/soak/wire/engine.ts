import { createServer, type Server, type Socket } from 'node:net';
import { MessageReader } from '../../bench/wire/message-reader.js';

const REQUEST_ID = /\r\nx-request-id: *([^\r]*)/i;

/** One request as an engine received it. */
export class EngineCall {
  /** Request line and fields, in latin1. */
  readonly head: string;
  readonly socket: Socket;
  /** The request's `x-request-id`; empty without one. */
  readonly id: string;
  /** Body bytes so far. */
  received = 0;
  /** An answer was written whole, or the connection given up on purpose. */
  settled = false;
  private readonly chunks: Buffer[] = [];

  constructor(head: string, socket: Socket) {
    this.head = head;
    this.socket = socket;
    this.id = REQUEST_ID.exec(head)?.[1] ?? '';
  }

  get path(): string {
    return this.head.split(' ', 2)[1] ?? '';
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks);
  }

  add(bytes: Buffer): void {
    this.received += bytes.length;
    this.chunks.push(bytes);
  }

  /** Writes part of an answer; a text is latin1. */
  write(bytes: string | Buffer): void {
    if (!this.socket.destroyed) this.socket.write(bytes, 'latin1');
  }

  /** Writes what is left of an answer; the connection is idle then. */
  finish(bytes: string | Buffer): void {
    this.write(bytes);
    this.settled = true;
    this.socket.emit('answered');
  }

  /** Breaks the connection off: `fin` after what was written, `rst` at once. */
  cut(ending: Ending): void {
    this.settled = true;
    if (ending === 'rst') this.socket.resetAndDestroy();
    else this.socket.destroySoon();
  }
}

/** How a connection ends. */
export type Ending = 'fin' | 'rst';

/** What an engine does with requests. */
export interface EngineScript {
  /** The head is there, the body may be still on its way. */
  onHead?(call: EngineCall): void;
  /** Takes bytes of the body in place of keeping them. */
  onBody?(call: EngineCall, bytes: Buffer): void;
  onRequest(call: EngineCall): void;
  /** The connection ended before the call was settled. */
  onGone?(call: EngineCall): void;
}

/** When an engine closes a connection that idles, without a hint in its answers, as uvicorn does. */
export interface IdleLimit {
  readonly ms: number;
  readonly ending: Ending | 'both';
}

/** A raw TCP engine on loopback. */
export class Engine {
  port = 0;
  /** Connections that are open now. */
  readonly sockets = new Set<Socket>();
  script: EngineScript;
  idle: IdleLimit | undefined;
  private readonly server: Server;
  private ended = 0;

  constructor(script: EngineScript, idle?: IdleLimit) {
    this.script = script;
    this.idle = idle;
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
  }

  static async listen(script: EngineScript, idle?: IdleLimit): Promise<Engine> {
    const engine = new Engine(script, idle);
    await new Promise<void>((resolve) => {
      engine.server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve);
    });
    engine.port = (engine.server.address() as { port: number }).port;
    return engine;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(socket: Socket): void {
    let call: EngineCall | undefined;
    let timer: NodeJS.Timeout | undefined;
    this.sockets.add(socket);
    const reader = new MessageReader(true, {
      head: (head) => {
        clearTimeout(timer);
        call = new EngineCall(head, socket);
        this.script.onHead?.(call);
      },
      body: (buffer, start, end) => {
        const bytes = buffer.subarray(start, end);
        if (this.script.onBody) this.script.onBody(call!, bytes);
        else call!.add(bytes);
      },
      end: () => this.script.onRequest(call!),
    });
    const gone = (): void => {
      clearTimeout(timer);
      if (!call || call.settled) return;
      call.settled = true;
      this.script.onGone?.(call);
    };
    socket.on('data', (data) => reader.push(data));
    socket.on('error', () => socket.destroy());
    socket.on('end', gone);
    socket.on('close', () => {
      this.sockets.delete(socket);
      gone();
    });
    socket.on('answered', () => {
      const { idle } = this;
      if (idle) timer = setTimeout(() => this.endIdle(socket, idle.ending), idle.ms);
    });
  }

  private endIdle(socket: Socket, ending: Ending | 'both'): void {
    const reset = ending === 'both' ? this.ended++ % 2 === 0 : ending === 'rst';
    if (reset) socket.resetAndDestroy();
    else socket.destroy();
  }
}
