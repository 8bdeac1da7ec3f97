import { createHash } from 'node:crypto';
import { encode } from '@msgpack/msgpack';
import { ListenError } from '../../../listener/bind.js';
import { ZmqServer } from '../../../zmq/zmq-server.js';
import type { ZmqPeer } from '../../../zmq/zmq-peer.js';
import type { CacheListener } from '../engine/prefix-cache.js';
import type { Prompt } from '../engine/prompt.js';
import { hostAndPortOf, type KvEventsConfig } from './kv-events-config.js';

const MAX_MESSAGE_BYTES = 4096;
const MAX_PEERS = 1000;
/** Above it a subscriber misses batches, as with ZeroMQ's high-water mark. */
const MAX_UNSENT_BYTES = 64 * 1024 * 1024;
const END_OF_REPLAY = Buffer.alloc(8, 0xff);
const NOTHING = Buffer.alloc(0);

interface Batch {
  readonly sequence: Buffer;
  readonly payload: Uint8Array;
}

/** Publishes what the prefix cache stores and drops, in the words of vLLM's publisher (distributed/kv_events.py). */
export class KvEvents implements CacheListener {
  private readonly subscriptions = new Map<ZmqPeer, string[]>();
  private readonly sent: Batch[] = [];
  private events: object[] = [];
  private sequence = 0;
  private publisher: ZmqServer | undefined;
  private replayer: ZmqServer | undefined;

  constructor(
    private readonly config: KvEventsConfig | undefined,
    private readonly blockSize: number,
  ) {}

  /** @throws ListenError */
  async listen(): Promise<void> {
    if (!this.isOn) return;
    const { endpoint, replay_endpoint: replay } = this.config!;
    this.publisher = await serve(endpoint, {
      type: 'PUB',
      message: ([request], peer) => this.subscribe(request!, peer),
      closed: (_, peer) => this.subscriptions.delete(peer),
    });
    if (typeof replay !== 'string') return;
    this.replayer = await serve(replay, {
      type: 'ROUTER',
      message: (parts, peer) => this.replay(parts, peer),
    });
  }

  /** Where the publisher and the replay listen; 0 where they do not. */
  get ports(): { readonly events: number; readonly replay: number } {
    return { events: this.publisher?.port ?? 0, replay: this.replayer?.port ?? 0 };
  }

  async close(): Promise<void> {
    await this.publisher?.close();
    await this.replayer?.close();
  }

  /** As `GET /kv_event_sources` shows it: by data-parallel rank. */
  get sources(): Record<string, object> {
    if (!this.isOn) return {};
    const { events, replay } = this.ports;
    const { endpoint, replay_endpoint: replayAt } = this.config!;
    const at = (text: string, port: number): string => text.replace(/\d+$/, String(port));
    const actual = {
      endpoint: at(endpoint, events),
      replay_endpoint: replayAt ? at(replayAt, replay) : null,
    };
    return { 0: { ...this.config!, ...actual } };
  }

  stored(prompt: Prompt, from: number, to: number): void {
    if (!this.isOn) return;
    const { blocks, salt } = prompt;
    const own = blocks.slice(from, to);
    this.queue({
      type: 'BlockStored',
      block_hashes: own.map(hashOf),
      parent_block_hash: from === 0 ? null : hashOf(blocks[from - 1]!),
      token_ids: prompt.ids().slice(from * this.blockSize, to * this.blockSize),
      block_size: this.blockSize,
      lora_id: null,
      medium: 'GPU',
      lora_name: null,
      extra_keys: own.map((_, i) => (from + i === 0 && salt !== '' ? [salt] : null)),
      group_idx: 0,
      kv_cache_spec_kind: 'full_attention',
    });
  }

  removed(block: number): void {
    if (!this.isOn) return;
    this.queue({
      type: 'BlockRemoved',
      block_hashes: [hashOf(block)],
      medium: 'GPU',
      group_idx: 0,
    });
  }

  cleared(): void {
    if (this.isOn) this.queue({ type: 'AllBlocksCleared' });
  }

  private get isOn(): boolean {
    return this.config?.enable_kv_cache_events === true && this.config.publisher === 'zmq';
  }

  /** What happens at once is one batch, as what a step of vLLM's scheduler brings. */
  private queue(event: object): void {
    this.events.push(event);
    if (this.events.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    const payload = encode([Date.now() / 1000, this.events, 0]);
    this.events = [];
    const sequence = Buffer.alloc(8);
    sequence.writeBigUInt64BE(BigInt(this.sequence++));
    this.sent.push({ sequence, payload });
    if (this.sent.length > this.config!.buffer_steps) this.sent.shift();
    const { topic } = this.config!;
    for (const [peer, topics] of this.subscriptions) {
      if (peer.unsent > MAX_UNSENT_BYTES || !topics.some((each) => topic.startsWith(each)))
        continue;
      peer.send([Buffer.from(topic), sequence, payload]);
    }
  }

  private subscribe(request: Buffer, peer: ZmqPeer): void {
    const topics = this.subscriptions.get(peer) ?? [];
    const topic = request.toString('utf8', 1);
    if (request[0] === 1) topics.push(topic);
    else if (request[0] === 0 && topics.includes(topic)) topics.splice(topics.indexOf(topic), 1);
    this.subscriptions.set(peer, topics);
  }

  private replay(parts: readonly Buffer[], peer: ZmqPeer): void {
    const [empty, start] = parts;
    if (parts.length !== 2 || empty!.length > 0 || start!.length !== 8) return;
    const topic = Buffer.from(this.config!.topic);
    for (const { sequence, payload } of this.sent) {
      if (sequence.compare(start!) >= 0) peer.send([NOTHING, topic, sequence, payload]);
    }
    peer.send([NOTHING, NOTHING, END_OF_REPLAY, NOTHING]);
  }
}

/** @throws ListenError */
async function serve(
  endpoint: string,
  options: Pick<Parameters<typeof ZmqServer.listen>[0], 'type' | 'message' | 'closed'>,
): Promise<ZmqServer> {
  const { host, port } = hostAndPortOf(endpoint)!;
  const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxPeers: MAX_PEERS };
  try {
    return await ZmqServer.listen({ host, port, ...limits, ...options });
  } catch (error) {
    throw new ListenError((error as { code?: string }).code ?? 'UNKNOWN', port, host, error);
  }
}

/** As long as vLLM's, which are SHA-256 too. */
function hashOf(block: number): Buffer {
  return createHash('sha256').update(String(block)).digest();
}
