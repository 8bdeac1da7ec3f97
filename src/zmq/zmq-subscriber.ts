import { connect } from 'node:net';
import type { ZmqEndpoint } from './zmq-endpoint.js';
import { ZmqPeer } from './zmq-peer.js';

export interface SubscriberOptions {
  /** Messages whose first part begins with it are sent; '' takes all. */
  readonly topic: string;
  /** Bytes of the longest message that is taken. */
  readonly maxMessageBytes: number;
  /** From 0 up to, but not including, 1. */
  readonly random?: () => number;
}

export interface SubscriberEvents {
  /** Connected and subscribed: what was published before does not come. */
  subscribed?(): void;
  message(parts: readonly Buffer[]): void;
  /** The connection is gone, or there was none; another one is tried in a while. */
  lost?(reason: string): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;
/** A connection that lasted so long was a good one: the next pause is a short one again. */
const GOOD_MS = 5000;

/** A SUB socket of one publisher. It connects again, for ever, after pauses that grow and differ. */
export class ZmqSubscriber {
  private peer: ZmqPeer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private failures = 0;

  constructor(
    private readonly endpoint: ZmqEndpoint,
    private readonly options: SubscriberOptions,
    private readonly events: SubscriberEvents,
  ) {
    this.connect();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.peer?.close();
  }

  /** The connection is not trusted any more: another one is made. */
  reconnect(reason: string): void {
    this.peer?.close(reason);
  }

  private connect(): void {
    let readyAt = Infinity;
    const { maxMessageBytes, topic } = this.options;
    this.peer = new ZmqPeer(
      connect(this.endpoint),
      { type: 'SUB', maxMessageBytes },
      {
        ready: (peer) => {
          readyAt = performance.now();
          peer.send([Buffer.concat([Buffer.of(1), Buffer.from(topic)])]);
          this.events.subscribed?.();
        },
        message: (parts) => this.events.message(parts),
        closed: (reason) => {
          if (this.isClosed) return;
          if (performance.now() - readyAt >= GOOD_MS) this.failures = 0;
          this.timer = setTimeout(() => this.connect(), this.pause());
          this.events.lost?.(reason);
        },
      },
    );
  }

  private pause(): number {
    const { random = Math.random } = this.options;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.failures++, LONGEST_PAUSE_MS);
    return pause * (0.5 + random() / 2);
  }
}
