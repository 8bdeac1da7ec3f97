import { connect, type Socket } from 'node:net';

/** An answer, as far as it matters here. */
export interface ShortAnswer {
  readonly status: number;
  readonly id: string | undefined;
}

const HEAD_END = '\r\n\r\n';
const PATIENCE_MS = 20_000;

/** A kept-alive connection on which one request at a time is under way; it is replaced when the other side closes it. */
export class Connection {
  /** Answers, or parts of them, that nobody asked for. */
  surplus = 0;
  /** How often it was opened. */
  opened = 0;
  private socket: Socket | undefined;
  private received = '';
  private waiting:
    { resolve: (answer: ShortAnswer) => void; reject: (error: Error) => void } | undefined;
  private closes = false;

  constructor(private readonly port: number) {}

  async ask(bytes: Buffer): Promise<ShortAnswer> {
    if (this.received !== '') this.surplus++;
    this.received = '';
    const socket = (this.socket ??= this.open());
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ShortAnswer>((resolve, reject) => {
        this.waiting = { resolve, reject };
        timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS);
        socket.write(bytes);
      });
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
      if (this.closes) this.close();
    }
  }

  close(): void {
    this.socket?.destroy();
    this.socket = undefined;
  }

  private open(): Socket {
    const socket = connect({ host: '127.0.0.1', port: this.port, noDelay: true });
    this.opened++;
    this.closes = false;
    socket.setEncoding('latin1');
    // What an older connection still has to say counts for nothing.
    const isCurrent = (): boolean => this.socket === socket;
    socket.on('data', (text: string) => isCurrent() && this.read(text));
    socket.on('error', (error) => isCurrent() && this.waiting?.reject(error));
    socket.on('close', () => {
      if (!isCurrent()) return;
      this.socket = undefined;
      this.waiting?.reject(new Error('closed without an answer'));
    });
    return socket;
  }

  private read(text: string): void {
    this.received += text;
    const end = this.received.indexOf(HEAD_END);
    if (end < 0 || !this.waiting) return;
    const head = this.received.slice(0, end);
    const length = /^content-length: *(\d+)\r?$/im.exec(head)?.[1];
    if (length === undefined) {
      this.waiting.reject(new Error(`an answer without a length: ${head}`));
      return;
    }
    const total = end + HEAD_END.length + Number(length);
    if (this.received.length < total) return;
    this.received = this.received.slice(total);
    this.closes = /^connection: *close\r?$/im.test(head);
    const id = /^x-request-id: *(.*?)\r?$/im.exec(head)?.[1];
    this.waiting.resolve({ status: Number(head.slice(9, 12)), id });
  }
}
