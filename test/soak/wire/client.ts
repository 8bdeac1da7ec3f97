import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MessageReader } from '../../bench/wire/message-reader.js';
import type { Ending } from './engine.js';

/** What a client got for one request. */
export interface Answer {
  /** 0: no head came. */
  status: number;
  /** Status line and fields, in latin1. */
  head: string;
  body: Buffer;
  /**
   * `whole`: complete as its framing says; `cut`: the connection ended before; `left`: the client
   * itself went away.
   */
  end: 'whole' | 'cut' | 'left';
}

/** What a client wants to hear while an answer arrives. */
export interface AnswerListener {
  onHead?(status: number): void;
  onData?(bytes: Buffer): void;
}

/** Where a client connects to, on loopback. */
export interface Address {
  readonly port: number;
  /** Speaks TLS and trusts any certificate. */
  readonly tls?: boolean;
}

const CLOSES = /\r\nconnection: *close/i;

/** A keep-alive client, one request at a time; it connects anew when its connection has ended. */
export class Client {
  /** The connection, while there is one. */
  socket: Socket | undefined;
  readonly address: Address;
  private waiting: ((end: Answer['end']) => void) | undefined;
  private answer: Answer = { status: 0, head: '', body: Buffer.alloc(0), end: 'cut' };
  private chunks: Buffer[] = [];
  private listener: AnswerListener = {};

  constructor(address: Address) {
    this.address = address;
  }

  /** Sends a request, or as much of it as is given; resolves when its answer ended, however. */
  request(bytes: Buffer, listener: AnswerListener = {}): Promise<Answer> {
    this.answer = { status: 0, head: '', body: Buffer.alloc(0), end: 'cut' };
    this.chunks = [];
    this.listener = listener;
    return new Promise((resolve) => {
      const { answer } = this;
      this.waiting = (end) => {
        this.waiting = undefined;
        answer.end = end;
        answer.body = Buffer.concat(this.chunks);
        resolve(answer);
      };
      this.socket ??= this.open();
      this.socket.write(bytes);
    });
  }

  /** Sends more of the request under way. */
  write(bytes: Buffer): boolean {
    return this.socket?.write(bytes) ?? true;
  }

  /** Goes away. */
  leave(ending: Ending = 'fin'): void {
    const { socket } = this;
    this.socket = undefined;
    if (ending === 'rst' && !this.address.tls) socket?.resetAndDestroy();
    else socket?.destroy();
    this.waiting?.('left');
  }

  private open(): Socket {
    const at = { port: this.address.port, host: '127.0.0.1', noDelay: true };
    const socket = this.address.tls
      ? connectTls({ ...at, rejectUnauthorized: false })
      : connectTcp(at);
    const mine = (): boolean => this.socket === socket;
    const reader = new MessageReader(false, {
      head: (head) => {
        this.answer.head = head;
        this.answer.status = Number(head.slice(9, 12));
        this.listener.onHead?.(this.answer.status);
      },
      body: (buffer, start, end) => {
        const bytes = buffer.subarray(start, end);
        if (this.listener.onData) this.listener.onData(bytes);
        else this.chunks.push(bytes);
      },
      end: () => {
        if (CLOSES.test(this.answer.head)) {
          this.socket = undefined;
          socket.destroy();
        }
        this.waiting?.('whole');
      },
    });
    socket.on('data', (data: Buffer) => {
      if (mine()) reader.push(data);
    });
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      if (mine()) reader.close();
      socket.destroy();
    });
    socket.on('close', () => {
      if (!mine()) return;
      this.socket = undefined;
      this.waiting?.('cut');
    });
    return socket;
  }
}
