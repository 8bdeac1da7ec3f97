import { connect, type Socket } from 'node:net';
import { MessageReader } from '../wire/message-reader.js';

/** What the sender of a request wants to hear of its response. */
export interface ResponseObserver {
  head?(status: number): void;
  data?(buffer: Buffer, start: number, end: number): void;
  end(): void;
  /** The connection broke, or could not be made, before the response was complete. */
  fail(reason: string): void;
}

/** One keep-alive client connection, one request at a time; opened anew when the server closed it. */
export class Connection {
  private socket: Socket | undefined;
  private observer: ResponseObserver | undefined;

  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  send(request: Buffer[], observer: ResponseObserver): void {
    this.observer = observer;
    const socket = (this.socket ??= this.open());
    if (request.length > 1) socket.cork();
    for (const part of request) socket.write(part);
    if (request.length > 1) socket.uncork();
  }

  /** Closes the connection at once, without a word to the observer. */
  destroy(): void {
    this.observer = undefined;
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    const reader = new MessageReader(false, {
      head: (head) => this.observer?.head?.(Number(head.slice(9, 12))),
      body: (buffer, start, end) => this.observer?.data?.(buffer, start, end),
      end: () => {
        const { observer } = this;
        this.observer = undefined;
        observer?.end();
      },
    });
    let reason = 'connection closed';
    socket.on('data', (data) => reader.push(data));
    socket.on('error', (error) => {
      reason = (error as NodeJS.ErrnoException).code ?? error.message;
    });
    socket.on('end', () => reader.close());
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      const { observer } = this;
      this.observer = undefined;
      observer?.fail(reason);
    });
    return socket;
  }
}
