import { reasonOf } from '../config/config-error.js';
import type { Logger } from '../logging/logger.js';
import { ZmqServer } from '../zmq/zmq-server.js';
import { decodeBatch, type KvBatch } from './kv-event.js';
import type { WorkerBlocks } from './worker-blocks.js';

export interface BoundEventsOptions {
  /** An address; `*` for all. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** What the topics that are taken begin with. */
  readonly topic: string;
  readonly logger: Logger;
  /** Milliseconds after which a port that is taken is tried again; 5000 unless given. */
  readonly retry?: number;
  /**
   * @param pod as publishers name themselves in their topics, `kv@POD@MODEL`
   * @param rank data-parallel rank; undefined where the publisher says none
   * @returns the cache that the publisher speaks of; undefined where it is nobody's
   */
  blocksOf(pod: string, rank: number | undefined): WorkerBlocks | undefined;
}

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const MAX_PEERS = 10_000;
const RETRY_MS = 5000;

/** How far a publisher is. */
interface Sequence {
  next: number;
  blocks: WorkerBlocks;
}

/**
 * One place to which all publishers connect. Their batches are numbered; what is missed cannot be asked for here, so that
 * the publisher's blocks are forgotten then and learned anew.
 */
export class BoundEvents {
  private readonly sequences = new Map<string, Sequence>();
  private server: ZmqServer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  constructor(private readonly options: BoundEventsOptions) {
    void this.listen();
  }

  /** Undefined until it listens. */
  get port(): number | undefined {
    return this.server?.port;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    void this.server?.close();
  }

  private async listen(): Promise<void> {
    const { host, port, topic, logger } = this.options;
    try {
      const server = await ZmqServer.listen({
        type: 'SUB',
        host: host === '*' ? '::' : host,
        port,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        maxPeers: MAX_PEERS,
        ready: (peer) => peer.send([Buffer.concat([Buffer.of(1), Buffer.from(topic)])]),
        message: (parts) => this.message(parts),
      });
      if (this.isClosed) return void server.close();
      this.server = server;
      logger.info('waiting for KV events', { host, port: server.port });
    } catch (error) {
      if (this.isClosed) return;
      logger.error('KV events cannot be received; another try follows', {
        ...{ host, port, reason: reasonOf(error) },
        mend: 'free the port, or name another one in zmqEndpoint',
      });
      this.timer = setTimeout(() => void this.listen(), this.options.retry ?? RETRY_MS);
    }
  }

  private message(parts: readonly Buffer[]): void {
    const [topic, sequence, payload] = parts;
    if (parts.length !== 3 || sequence!.length !== 8) return;
    const name = topic!.toString();
    if (!name.startsWith(this.options.topic)) return;
    const batch = this.decoded(name, payload!);
    if (batch) this.take(name, Number(sequence!.readBigUInt64BE()), batch);
  }

  private decoded(topic: string, payload: Buffer): KvBatch | undefined {
    try {
      return decodeBatch(payload);
    } catch (error) {
      const reason = reasonOf(error);
      this.options.logger.warn('KV events that cannot be read', { topic, reason });
      return undefined;
    }
  }

  private take(topic: string, number: number, { events, rank }: KvBatch): void {
    const blocks = this.options.blocksOf(podOf(topic), rank);
    const key = `${rank ?? ''} ${topic}`;
    if (!blocks) return void this.sequences.delete(key);
    const known = this.sequences.get(key);
    // A server that came back under its name has another cache.
    const isSame = known?.blocks === blocks;
    if (isSame && known.next !== number) {
      this.options.logger.warn('KV events were missed', { topic, due: known.next, got: number });
      blocks.clear();
    }
    this.sequences.set(key, { next: number + 1, blocks });
    for (const event of events) blocks.apply(event);
  }
}

/** Topics are `kv@POD@MODEL`. */
function podOf(topic: string): string {
  return topic.split('@')[1] ?? '';
}
