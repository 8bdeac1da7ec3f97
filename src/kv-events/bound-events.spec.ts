import { connect } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../test/support/free-port.js';
import { until } from '../../test/support/raw-client.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { ZmqPeer } from '../zmq/zmq-peer.js';
import { BoundEvents } from './bound-events.js';
import { WorkerBlocks } from './worker-blocks.js';

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

/** @returns a batch that stores one block of its own */
function batchOf(block: number, rank?: number): Uint8Array {
  const event = {
    ...{ type: 'BlockStored', block_hashes: [block], parent_block_hash: null },
    ...{ token_ids: [block, block], block_size: 2, lora_id: null, medium: 'GPU' },
  };
  return encode([1, [event], ...(rank === undefined ? [] : [rank])]);
}

/** A PUB socket that connects, as engines do where one place is for all. */
class Publisher {
  private readonly peer: ZmqPeer;
  private isHeard = false;

  constructor(port: number) {
    this.peer = new ZmqPeer(
      connect({ host: '127.0.0.1', port }),
      { type: 'PUB', maxMessageBytes: 1000 },
      { message: ([frame]) => void (this.isHeard = frame![0] === 1) },
    );
    closing.push(() => this.peer.close());
  }

  async publish(topic: string, sequence: number, payload: Uint8Array): Promise<void> {
    await until(() => this.isHeard);
    const number = Buffer.alloc(8);
    number.writeBigInt64BE(BigInt(sequence));
    this.peer.send([Buffer.from(topic), number, payload]);
  }
}

class Fixture {
  readonly caches = new Map<string, WorkerBlocks>();
  readonly logger = new RecordingLogger();

  private constructor(readonly bound: BoundEvents) {}

  static async start(port = 0): Promise<Fixture> {
    const options = { host: '127.0.0.1', port, topic: 'kv@' };
    const blocksOf = (pod: string, rank: number | undefined): WorkerBlocks | undefined =>
      fixture.caches.get(rank === undefined ? pod : `${pod}/${rank}`);
    const logger = new RecordingLogger();
    const fixture: Fixture = new Fixture(new BoundEvents({ ...options, logger, blocksOf }));
    closing.push(() => fixture.bound.close());
    await until(() => fixture.bound.port !== undefined);
    return fixture;
  }

  cache(pod: string): WorkerBlocks {
    const blocks = new WorkerBlocks(2);
    this.caches.set(pod, blocks);
    return blocks;
  }

  publisher(): Publisher {
    return new Publisher(this.bound.port!);
  }
}

describe(BoundEvents.name, () => {
  it('keeps the caches of all publishers that connect', async () => {
    const fixture = await Fixture.start();
    const [a, b] = [fixture.cache('a'), fixture.cache('b')];
    const [one, other] = [fixture.publisher(), fixture.publisher()];
    await one.publish('kv@a@m', 0, batchOf(1));
    await one.publish('kv@a@m', 1, batchOf(2));
    await other.publish('kv@b@m', 7, batchOf(3));
    await until(() => a.count === 2 && b.count === 1);
  });

  it('tells the ranks of a publisher apart', async () => {
    const fixture = await Fixture.start();
    const [first, second] = [fixture.cache('a/0'), fixture.cache('a/1')];
    const publisher = fixture.publisher();
    for (const rank of [0, 1, 1]) {
      await publisher.publish('kv@a@m', rank === 0 ? 5 : second.count + 9, batchOf(1, rank));
      await until(() => first.count === 1);
    }
    await until(() => second.count === 1);
  });

  it('forgets what was held when events were missed, or when the publisher began anew', async () => {
    const fixture = await Fixture.start();
    const a = fixture.cache('a');
    const publisher = fixture.publisher();
    for (const [sequence, block] of [
      [0, 1],
      [1, 2],
      [3, 3],
    ]) {
      await publisher.publish('kv@a@m', sequence!, batchOf(block!));
    }
    await publisher.publish('kv@a@m', 4, batchOf(4));
    await until(() => a.count === 2);
    await publisher.publish('kv@a@m', 0, batchOf(5));
    await until(() => a.count === 1);
  });

  it('begins anew with a cache that took the place of another one', async () => {
    const fixture = await Fixture.start();
    const a = fixture.cache('a');
    const publisher = fixture.publisher();
    await publisher.publish('kv@a@m', 0, batchOf(1));
    await until(() => a.count === 1);
    const next = fixture.cache('a');
    await publisher.publish('kv@a@m', 1, batchOf(2));
    await until(() => next.count === 1);
    expect(a.count).toBe(1);
  });

  it('goes past what it cannot read and what is not for it', async () => {
    const fixture = await Fixture.start();
    const a = fixture.cache('a');
    const publisher = fixture.publisher();
    await publisher.publish('kv@a@m', 0, Buffer.from('nonsense'));
    await publisher.publish('other@a@m', 0, batchOf(1));
    await publisher.publish('kv@nobody@m', 0, batchOf(1));
    await publisher.publish('kv@a@m', 1, batchOf(2));
    await until(() => a.count === 1);
  });

  it('waits for a port that is taken', async () => {
    const port = await freePort();
    const first = await Fixture.start(port);
    const logger = new RecordingLogger();
    const where = { host: '127.0.0.1', port, topic: '', retry: 20 };
    const second = new BoundEvents({ ...where, logger, blocksOf: () => undefined });
    closing.push(() => second.close());
    await until(() => logger.lines.some(({ message }) => message.includes('cannot be received')));
    first.bound.close();
    await until(() => second.port === port);
  });
});
