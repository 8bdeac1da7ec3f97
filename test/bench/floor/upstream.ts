import { connect, type Socket } from 'node:net';
import { MessageReader, type MessageObserver } from '../wire/message-reader.js';

/** What the floor proxy hears of an upstream's answer. */
export interface UpstreamObserver {
  /** Bytes as they came; only valid during the call. */
  raw(bytes: Buffer): void;
  end(): void;
  fail(): void;
}

const NOBODY: UpstreamObserver = { raw: () => {}, end: () => {}, fail: () => {} };
const NO_PARTS: MessageObserver = { head: () => {}, body: () => {}, end: () => {} };

/** One keep-alive connection to an engine, read into a buffer that is used again and again. */
export class Upstream {
  observer: UpstreamObserver = NOBODY;
  readonly socket: Socket;
  private ended = false;
  private readonly reader = new MessageReader(false, {
    ...NO_PARTS,
    end: () => {
      this.ended = true;
    },
  });

  constructor(port: number, onClose: () => void) {
    const buffer = Buffer.allocUnsafeSlow(65_536);
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer,
        callback: (length) => {
          this.take(buffer.subarray(0, length));
          return true;
        },
      },
    });
    this.socket.on('error', () => this.socket.destroy());
    this.socket.on('close', () => {
      onClose();
      this.observer.fail();
    });
  }

  private take(bytes: Buffer): void {
    this.ended = false;
    this.reader.push(bytes);
    const { observer } = this;
    const { ended } = this;
    if (ended) this.observer = NOBODY;
    observer.raw(bytes);
    if (ended) observer.end();
  }
}

const idle = new Map<number, Upstream[]>();

/** An idle connection to the port, or a new one. */
export function takeUpstream(port: number): Upstream {
  const free = idle.get(port)?.pop();
  if (free) return free;
  const upstream = new Upstream(port, () => {
    const list = idle.get(port);
    const at = list?.indexOf(upstream) ?? -1;
    if (at >= 0) list?.splice(at, 1);
  });
  return upstream;
}

/** Gives a connection back after its answer has ended. */
export function giveBack(port: number, upstream: Upstream): void {
  const list = idle.get(port);
  if (list) list.push(upstream);
  else idle.set(port, [upstream]);
}
