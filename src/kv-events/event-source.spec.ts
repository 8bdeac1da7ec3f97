import { encode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/raw-client.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { ZmqServer } from '../zmq/zmq-server.js';
import type { ZmqPeer } from '../zmq/zmq-peer.js';
import { EventSource } from './event-source.js';
import { WorkerBlocks } from './worker-blocks.js';

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const NOTHING = Buffer.alloc(0);

function numberOf(sequence: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(sequence));
  return bytes;
}

/** A batch that stores one block of two tokens. */
function batchOf(sequence: number, time = 1): Uint8Array {
  const event = {
    type: 'BlockStored',
    block_hashes: [sequence + 1],
    parent_block_hash: null,
    token_ids: [sequence, time],
    block_size: 2,
    lora_id: null,
    medium: 'GPU',
  };
  return encode([time, [event], 0]);
}

/** A publisher that sends what it is told, and replays what it is given. */
class Publisher {
  readonly asked: number[] = [];
  replayed: [number, Uint8Array][] = [];
  /** Numbers that the first replay leaves out. */
  lost: readonly number[] = [];
  isMute = false;
  private readonly subscribers = new Set<ZmqPeer>();

  private constructor(
    readonly events: ZmqServer,
    readonly replays: ZmqServer,
  ) {}

  static async start(): Promise<Publisher> {
    const limits = { host: '127.0.0.1', port: 0, maxMessageBytes: 1000, maxPeers: 10 };
    const events = await ZmqServer.listen({
      ...limits,
      type: 'PUB',
      message: (_, peer) => publisher.subscribers.add(peer),
      closed: (_, peer) => publisher.subscribers.delete(peer),
    });
    const replays = await ZmqServer.listen({
      ...limits,
      type: 'ROUTER',
      message: ([, from], peer) => publisher.replay(Number(from!.readBigUInt64BE()), peer),
    });
    const publisher = new Publisher(events, replays);
    closing.push(() => events.close());
    closing.push(() => replays.close());
    return publisher;
  }

  get isHeard(): boolean {
    return this.subscribers.size > 0;
  }

  publish(sequence: number, payload = batchOf(sequence)): void {
    for (const peer of this.subscribers) peer.send([NOTHING, numberOf(sequence), payload]);
  }

  cut(): void {
    for (const peer of this.subscribers) peer.close();
  }

  private replay(from: number, peer: ZmqPeer): void {
    this.asked.push(from);
    if (this.isMute) return;
    for (const [sequence, payload] of this.replayed) {
      if (this.asked.length === 1 && this.lost.includes(sequence)) continue;
      if (sequence >= from) peer.send([NOTHING, NOTHING, numberOf(sequence), payload]);
    }
    peer.send([NOTHING, NOTHING, numberOf(-1), NOTHING]);
  }
}

interface Followed {
  readonly sut: EventSource;
  readonly blocks: WorkerBlocks;
  readonly incidents: string[];
}

async function follow(publisher: Publisher, withReplay: boolean): Promise<Followed> {
  const blocks = new WorkerBlocks(2);
  const incidents: string[] = [];
  const sut = new EventSource(
    blocks,
    {
      endpoint: { host: '127.0.0.1', port: publisher.events.port },
      replayEndpoint: withReplay ? { host: '127.0.0.1', port: publisher.replays.port } : undefined,
      topic: '',
      patience: publisher.isMute ? 20 : 20_000,
    },
    {
      logger: new RecordingLogger(),
      incident: (kind) => incidents.push(kind),
      applied: () => undefined,
    },
  );
  closing.push(() => sut.close());
  await until(() => publisher.isHeard && sut.isLive);
  return { sut, blocks, incidents };
}

describe(EventSource.name, () => {
  it('takes what is published', async () => {
    const publisher = await Publisher.start();
    const { blocks, incidents } = await follow(publisher, false);
    for (const sequence of [40, 41, 42]) publisher.publish(sequence);
    await until(() => blocks.count === 3);
    expect(incidents).toEqual([]);
  });

  it('asks for what was before', async () => {
    const publisher = await Publisher.start();
    publisher.replayed = [0, 1, 2].map((n) => [n, batchOf(n)]);
    const { blocks } = await follow(publisher, true);
    expect([blocks.count, publisher.asked]).toEqual([3, [0]]);
    publisher.publish(3);
    await until(() => blocks.count === 4);
  });

  it('forgets all when something was missed that nobody tells again', async () => {
    const publisher = await Publisher.start();
    const { blocks, incidents } = await follow(publisher, false);
    publisher.publish(0);
    publisher.publish(1);
    publisher.publish(5);
    await until(() => incidents.length === 1);
    expect([incidents, blocks.count]).toEqual([['gap'], 1]);
  });

  it('asks for what was missed, and keeps what it has', async () => {
    const publisher = await Publisher.start();
    const { blocks, incidents } = await follow(publisher, true);
    publisher.publish(0);
    publisher.publish(1);
    publisher.replayed = [0, 1, 2, 3, 4].map((n) => [n, batchOf(n)]);
    publisher.publish(4);
    await until(() => blocks.count === 5);
    expect([incidents, publisher.asked]).toEqual([['gap'], [0, 1]]);
  });

  it('goes on where it was after the connection was cut', async () => {
    const publisher = await Publisher.start();
    const { blocks, sut, incidents } = await follow(publisher, true);
    publisher.publish(0);
    await until(() => blocks.count === 1);
    publisher.replayed = [0, 1].map((n) => [n, batchOf(n)]);
    publisher.cut();
    await until(() => !sut.isLive);
    await until(() => publisher.isHeard && sut.isLive);
    expect([blocks.count, incidents]).toEqual([2, []]);
  });

  it('knows a publisher that started anew, by the time of its batches', async () => {
    const publisher = await Publisher.start();
    const { blocks, sut } = await follow(publisher, true);
    publisher.publish(0);
    publisher.publish(1);
    await until(() => blocks.count === 2);
    publisher.replayed = [0, 1, 2].map((n) => [n, batchOf(n, 9)]);
    publisher.cut();
    await until(() => !sut.isLive);
    await until(() => publisher.isHeard && sut.isLive);
    expect([blocks.count, publisher.asked]).toEqual([3, [0, 1, 0]]);
  });

  it('knows it by its numbers too, though it tells nothing again', async () => {
    const publisher = await Publisher.start();
    const { blocks, incidents } = await follow(publisher, false);
    for (const sequence of [7, 8, 0]) publisher.publish(sequence);
    await until(() => incidents.includes('restart'));
    expect(blocks.count).toBe(1);
  });

  it('asks again for what got lost in a replay', async () => {
    const publisher = await Publisher.start();
    publisher.replayed = [0, 1, 2, 3, 4].map((n) => [n, batchOf(n)]);
    publisher.lost = [2];
    const { blocks } = await follow(publisher, true);
    expect([blocks.count, publisher.asked]).toEqual([5, [0, 1]]);
  });

  it('goes on without a replay that does not come', async () => {
    const publisher = await Publisher.start();
    publisher.isMute = true;
    const { blocks, incidents } = await follow(publisher, true);
    expect(incidents).toEqual(['replay_failed', 'replay_failed', 'replay_failed']);
    publisher.publish(3);
    await until(() => blocks.count === 1);
  });

  it.each([
    ['no MessagePack', Buffer.from('c1', 'hex')],
    ['another shape', Buffer.from(encode({ ts: 1 }))],
    ['an event without hashes', Buffer.from(encode([1, [{ type: 'BlockStored' }]]))],
    ['an event that is a number', Buffer.from(encode([1, [7]]))],
    ['endless nesting', Buffer.concat([Buffer.alloc(900, 0x91), Buffer.of(1)])],
  ])('lives on after %s', async (_, payload) => {
    const publisher = await Publisher.start();
    const { blocks, incidents } = await follow(publisher, false);
    publisher.publish(0);
    publisher.publish(1, payload);
    publisher.publish(2);
    await until(() => blocks.count === 2);
    expect(incidents).toEqual(['malformed']);
  });
});
