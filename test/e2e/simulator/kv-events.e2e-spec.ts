import { connect } from 'node:net';
import { decode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { ZmqPeer } from '../../../src/zmq/zmq-peer.js';
import { until } from '../../support/raw-client.js';

type Event = Record<string, unknown>;

const running: { simulators: RunningSimulator[]; peers: ZmqPeer[] } = { simulators: [], peers: [] };

afterEach(async () => {
  for (const peer of running.peers.splice(0)) peer.close();
  for (const simulator of running.simulators.splice(0)) await simulator.close();
});

async function simulator(numGpuBlocks = 1000): Promise<RunningSimulator> {
  const started = await startSimulator({
    numGpuBlocks,
    blockSize: 2,
    kvEventsConfig: {
      enable_kv_cache_events: true,
      publisher: 'zmq',
      endpoint: 'tcp://127.0.0.1:0',
      replay_endpoint: 'tcp://127.0.0.1:0',
      buffer_steps: 100,
      topic: 'kv@sim',
    },
  });
  running.simulators.push(started);
  return started;
}

/** Asks for the batches from a number on. @returns topic, number and events of each, the end mark last */
async function replayed({ kvEventPorts }: RunningSimulator, from: number): Promise<unknown[][]> {
  const got: unknown[][] = [];
  const start = Buffer.alloc(8);
  start.writeBigUInt64BE(BigInt(from));
  const peer = new ZmqPeer(
    connect(kvEventPorts.replay, '127.0.0.1'),
    { type: 'DEALER', maxMessageBytes: 1e6 },
    {
      ready: (one) => one.send([Buffer.alloc(0), start]),
      message: ([, topic, number, payload]) => {
        const events = payload!.length > 0 ? (decode(payload!) as unknown[])[1] : undefined;
        got.push([topic!.toString(), number!.readBigInt64BE(), events]);
      },
    },
  );
  running.peers.push(peer);
  await until(() => got.at(-1)?.[1] === -1n);
  return got;
}

async function complete({ address }: RunningSimulator, body: object): Promise<void> {
  const response = await fetch(`http://${address}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny', max_tokens: 1, ...body }),
  });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

const eventsOf = (batches: readonly unknown[][]): Event[] =>
  batches.flatMap(([, , events]) => (events ?? []) as Event[]);

describe("a simulator's KV events", () => {
  it('tell which blocks a prompt brings, each after its parent', async () => {
    const sut = await simulator();
    await complete(sut, { prompt: 'aaaabbbbccccdddde' });
    await complete(sut, { prompt: 'aaaabbbbccccddddeeeeffff', cache_salt: '' });
    const [first, second] = eventsOf(await replayed(sut, 0));
    expect(first).toMatchObject({
      type: 'BlockStored',
      parent_block_hash: null,
      block_size: 2,
      medium: 'GPU',
      extra_keys: [null, null],
      group_idx: 0,
    });
    const hashes = first!['block_hashes'] as Uint8Array[];
    expect(hashes.map(({ length }) => length)).toEqual([32, 32]);
    expect(first!['token_ids']).toHaveLength(4);
    expect(second).toMatchObject({ parent_block_hash: hashes[1], block_hashes: [{}] });
  });

  it('tell of a salt with the first block', async () => {
    const sut = await simulator();
    await complete(sut, { prompt: 'aaaabbbbccccdddd', cache_salt: 'mine' });
    const [event] = eventsOf(await replayed(sut, 0));
    expect(event!['extra_keys']).toEqual([['mine'], null]);
  });

  it('tell what was dropped, and that all was', async () => {
    const sut = await simulator(16);
    await complete(sut, { prompt: 'aaaabbbb' });
    await complete(sut, { prompt: 'c'.repeat(4 * 2 * 16) });
    await fetch(`http://${sut.address}/reset_prefix_cache`, { method: 'POST' });
    const batches = await replayed(sut, 0);
    const events = eventsOf(batches);
    expect(events.map(({ type }) => type)).toEqual([
      'BlockStored',
      'BlockRemoved',
      'BlockStored',
      'AllBlocksCleared',
    ]);
    expect(events[1]!['block_hashes']).toEqual(events[0]!['block_hashes']);
    expect(batches.map(([topic, number]) => [topic, number])).toEqual([
      ['kv@sim', 0n],
      ['kv@sim', 1n],
      ['kv@sim', 2n],
      ['', -1n],
    ]);
    expect((await replayed(sut, 2)).map(([, number]) => number)).toEqual([2n, -1n]);
  });

  it('go to who subscribed to their topic', async () => {
    const sut = await simulator();
    const got: Record<string, number> = { kv: 0, other: 0 };
    const ready = new Set<string>();
    for (const topic of Object.keys(got)) {
      const peer = new ZmqPeer(
        connect(sut.kvEventPorts.events, '127.0.0.1'),
        { type: 'SUB', maxMessageBytes: 1e6 },
        {
          ready: (one) => {
            one.send([Buffer.from(`\x01${topic}`)]);
            ready.add(topic);
          },
          message: () => void got[topic]!++,
        },
      );
      running.peers.push(peer);
    }
    await until(() => ready.size === 2);
    let prompt = 'a';
    while (got['kv'] === 0) await complete(sut, { prompt: (prompt += 'aaaabbbb') });
    expect(got['other']).toBe(0);
  });

  it('can be found by asking', async () => {
    const sut = await simulator();
    const response = await fetch(`http://${sut.address}/kv_event_sources`);
    expect(await response.json()).toMatchObject({
      0: {
        endpoint: `tcp://127.0.0.1:${sut.kvEventPorts.events}`,
        replay_endpoint: `tcp://127.0.0.1:${sut.kvEventPorts.replay}`,
        topic: 'kv@sim',
      },
    });
  });
});
