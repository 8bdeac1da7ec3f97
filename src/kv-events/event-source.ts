import type { Logger } from '../logging/logger.js';
import type { ZmqEndpoint } from '../zmq/zmq-endpoint.js';
import { ZmqSubscriber } from '../zmq/zmq-subscriber.js';
import { decodeBatch, KvEventError, type KvBatch } from './kv-event.js';
import { replay, REPLAY_PATIENCE_MS } from './replay.js';
import type { WorkerBlocks } from './worker-blocks.js';

export interface EventSourceOptions {
  readonly endpoint: ZmqEndpoint;
  /** Where to ask for batches that were missed; undefined: nowhere. */
  readonly replayEndpoint: ZmqEndpoint | undefined;
  readonly topic: string;
  /** Milliseconds to wait for the next batch of a replay. */
  readonly patience?: number;
}

/** What happened to a source, for metrics. */
export type SourceIncident = 'gap' | 'restart' | 'malformed' | 'orphan' | 'replay_failed';

export interface EventSourceTools {
  readonly logger: Logger;
  incident(kind: SourceIncident): void;
  applied(batch: KvBatch): void;
}

/** A prompt of a million tokens is 5 MB of them, and as much of hashes. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What is published while a replay runs; above it what is newest is asked for again. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Replays one after the other without getting on. */
const MAX_ROUNDS = 3;

interface Message {
  readonly sequence: number;
  readonly payload: Buffer;
}

/**
 * Keeps a {@link WorkerBlocks} as one publisher's cache is.
 *
 * Batches are numbered from 0. What is missed, before the subscription or in a gap, is asked for where the publisher
 * replays; else the blocks are forgotten, since those that were removed meanwhile would be taken for held, and what is
 * stored from then on is learned anew.
 */
export class EventSource {
  private readonly subscriber: ZmqSubscriber;
  /** Number of the batch that is due; 0 before the first one. */
  private next = 0;
  /** Time of the batch before, by which the same publisher is known again. */
  private lastTime: number | undefined;
  private endReplay: (() => void) | undefined;
  private waiting: Message[] = [];
  private waitingBytes = 0;
  private state: 'connecting' | 'replaying' | 'live' = 'connecting';

  constructor(
    private readonly blocks: WorkerBlocks,
    private readonly options: EventSourceOptions,
    private readonly tools: EventSourceTools,
  ) {
    const { endpoint, topic } = options;
    this.subscriber = new ZmqSubscriber(
      endpoint,
      { topic, maxMessageBytes: MAX_MESSAGE_BYTES },
      {
        subscribed: () => this.subscribed(),
        message: (parts) => this.message(parts),
        lost: (reason) => this.lost(reason),
      },
    );
  }

  /** Subscribed, and as far as the publisher is. */
  get isLive(): boolean {
    return this.state === 'live';
  }

  close(): void {
    this.endReplay?.();
    this.subscriber.close();
  }

  private subscribed(): void {
    this.log('info', 'subscribed to KV events');
    this.catchUp();
  }

  private lost(reason: string): void {
    if (this.state !== 'connecting') this.log('warn', 'KV events are lost', { reason });
    this.state = 'connecting';
    this.endReplay?.();
    this.endReplay = undefined;
    this.forgetWaiting();
  }

  private message(parts: readonly Buffer[]): void {
    const [, sequence, payload] = parts;
    if (parts.length !== 3 || sequence!.length !== 8) return this.malformed('a message of others');
    const message = { sequence: Number(sequence!.readBigUInt64BE()), payload: payload! };
    if (this.state === 'live') return this.take(message);
    this.waitingBytes += payload!.length;
    this.waiting.push(message);
    if (this.waitingBytes > MAX_WAITING_BYTES) this.forgetWaiting();
  }

  private take(message: Message): void {
    if (message.sequence === this.next || this.lastTime === undefined) return this.apply(message);
    const isRestart = message.sequence < this.next;
    this.tools.incident(isRestart ? 'restart' : 'gap');
    this.log('warn', 'KV events were missed', { due: this.next, got: message.sequence });
    if (isRestart) this.forget();
    if (this.options.replayEndpoint) {
      this.waiting.push(message);
      this.catchUp();
    } else {
      this.forget();
      this.apply(message);
    }
  }

  private apply({ sequence, payload }: Message): void {
    const batch = this.decoded(payload);
    this.next = sequence + 1;
    if (!batch) return;
    this.lastTime = batch.time;
    let orphans = 0;
    for (const event of batch.events) if (!this.blocks.apply(event)) orphans++;
    if (orphans > 0) this.tools.incident('orphan');
    this.tools.applied(batch);
  }

  private decoded(payload: Buffer): KvBatch | undefined {
    try {
      return decodeBatch(payload);
    } catch (error) {
      if (!(error instanceof KvEventError)) throw error;
      this.malformed(error.message);
      return undefined;
    }
  }

  private malformed(reason: string): void {
    this.tools.incident('malformed');
    this.log('warn', 'KV events that cannot be read', { reason });
  }

  /** Gets what was missed, or goes on without. @param round so many replays brought nothing */
  private catchUp(round = 0): void {
    const { replayEndpoint: endpoint, patience = REPLAY_PATIENCE_MS } = this.options;
    if (!endpoint || round >= MAX_ROUNDS) return this.goLive();
    this.state = 'replaying';
    // The batch before is asked for too: by it the publisher is known for the same one.
    const before = this.lastTime === undefined ? undefined : this.next - 1;
    const from = before ?? this.next;
    let isKnown = before === undefined;
    let hasHole = false;
    let progress = 0;
    this.endReplay = replay({
      endpoint,
      from,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      patience,
      batch: (sequence, payload) => {
        if (!isKnown) {
          isKnown = true;
          if (sequence === before && this.decoded(payload)?.time === this.lastTime) return;
          this.forget();
          hasHole = true;
        }
        // ZeroMQ drops what does not fit into its queues: the rest is asked for again.
        hasHole ||= this.lastTime !== undefined && sequence !== this.next;
        if (hasHole) return;
        this.apply({ sequence, payload });
        progress++;
      },
      done: (isWhole, reason) => {
        this.endReplay = undefined;
        const isOther = isWhole && !isKnown;
        if (!isWhole) {
          this.tools.incident('replay_failed');
          this.log('warn', 'KV events were not replayed', { reason });
        }
        if (isOther) this.forget();
        if (!isOther && isWhole && !hasHole) this.goLive();
        else this.catchUp(progress > 0 ? 0 : round + 1);
      },
    });
  }

  /** What came meanwhile is taken, as far as it is new. */
  private goLive(): void {
    const waiting = this.waiting;
    this.forgetWaiting();
    this.state = 'live';
    const unknown = this.lastTime === undefined;
    for (const message of waiting) {
      if (!unknown && message.sequence < this.next) continue;
      if (message.sequence !== this.next && !unknown) this.forget();
      this.apply(message);
    }
  }

  private forget(): void {
    this.blocks.clear();
    this.next = 0;
    this.lastTime = undefined;
  }

  private forgetWaiting(): void {
    this.waiting = [];
    this.waitingBytes = 0;
  }

  private log(level: 'info' | 'warn', message: string, more: object = {}): void {
    const { endpoint } = this.options;
    const publisher = 'path' in endpoint ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
    this.tools.logger[level](message, { publisher, ...more });
  }
}
