import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { encode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/support/raw-client.js';
import {
  FakePluginTools,
  inferenceRequest,
  pluginOf,
  resultOf,
  server,
  type Server,
} from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import type { ZmqPeer } from '../../zmq/zmq-peer.js';
import { ZmqServer } from '../../zmq/zmq-server.js';
import type { InferenceRequest } from '../inference-request.js';
import { PRECISE_PREFIX_PRODUCER, prefixMatch } from '../prefix-match.js';
import {
  precisePrefixCacheProducer,
  type PrecisePrefixCache,
} from './precise-prefix-cache-producer.js';

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** As {@link until}, for what takes a while to find out. */
async function eventually(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setTimeout(10);
}

/** What an engine publishes. */
class Engine {
  private sequence = 0;
  private readonly subscribers = new Set<ZmqPeer>();

  private constructor(private readonly events: ZmqServer) {}

  static async start(): Promise<Engine> {
    const events = await ZmqServer.listen({
      ...{ type: 'PUB', host: '127.0.0.1', port: 0, maxMessageBytes: 1000, maxPeers: 10 },
      message: (_, peer) => engine.subscribers.add(peer),
    });
    const engine: Engine = new Engine(events);
    closing.push(() => events.close());
    return engine;
  }

  /** @returns an endpoint of a file that names this engine's publisher */
  endpoint(number: number): Server {
    const { port } = this.events;
    return server(number, { labels: { kv_events_endpoint: `tcp://127.0.0.1:${port}` } });
  }

  /** A prompt of these tokens, of which it holds all whole blocks. */
  async holds(tokens: readonly number[], blockSize = 4, more: object = {}): Promise<void> {
    await until(() => this.subscribers.size > 0);
    const count = Math.floor(tokens.length / blockSize);
    const kept = tokens.slice(0, count * blockSize);
    const hashes = Array.from({ length: count }, (_, i) =>
      hashOf(kept.slice(0, (i + 1) * blockSize)),
    );
    this.publish({
      ...{ type: 'BlockStored', block_hashes: hashes, parent_block_hash: null },
      ...{ token_ids: kept, block_size: blockSize, lora_id: null, medium: 'GPU', ...more },
    });
  }

  removes(...prompts: readonly (readonly number[])[]): void {
    this.publish({ type: 'BlockRemoved', block_hashes: prompts.map(hashOf), medium: 'GPU' });
  }

  private publish(event: object): void {
    const sequence = Buffer.alloc(8);
    sequence.writeBigInt64BE(BigInt(this.sequence++));
    for (const peer of this.subscribers) {
      peer.send([Buffer.from('kv@pod@m'), sequence, encode([1, [event], 0])]);
    }
  }
}

function hashOf(tokens: readonly number[]): number {
  return tokens.reduce((hash, token) => (hash * 31 + token + 1) % 2 ** 40, 7);
}

function producer(
  endpoints: readonly Server[],
  parameters: object = {},
  tools = new FakePluginTools(),
): PrecisePrefixCache {
  const sut = pluginOf<PrecisePrefixCache>(precisePrefixCacheProducer, parameters, tools);
  closing.push(() => sut.close());
  for (const endpoint of endpoints) sut.added(endpoint);
  return sut;
}

function requestOf(prompt: unknown, more: object = {}): InferenceRequest {
  const body = readJsonObject(Buffer.from(JSON.stringify({ model: 'm', prompt, ...more })));
  return inferenceRequest({ path: '/v1/completions', body });
}

/** @returns matched blocks of each, then all blocks of the prompt and the size of one */
async function match(
  sut: PrecisePrefixCache,
  endpoints: readonly Server[],
  request: InferenceRequest,
): Promise<number[]> {
  await sut.produce(request, endpoints);
  const found = prefixMatch(request, 'sut');
  if (!found) return [];
  const matched = endpoints.map((each) => found.matchedBlocks(each));
  return [...matched, found.totalBlocks, found.blockSize];
}

const TOKENS = Array.from({ length: 20 }, (_, i) => i);

describe(PRECISE_PREFIX_PRODUCER, () => {
  it('tells the blocks from the beginning on that engines say they hold', async () => {
    const engines = [await Engine.start(), await Engine.start()];
    const endpoints = engines.map((engine, i) => engine.endpoint(i));
    const sut = producer(endpoints);
    await engines[0]!.holds(TOKENS);
    await engines[1]!.holds([...TOKENS.slice(0, 8), 99, 99, 99, 99]);
    const prompt = [...TOKENS.slice(0, 16), 7, 7];
    const found = async (): Promise<string> =>
      (await match(sut, endpoints, requestOf(prompt))).join();
    await eventually(async () => (await found()) === '4,2,4,4');
    engines[0]!.removes(TOKENS.slice(0, 16), TOKENS.slice(0, 12));
    await eventually(async () => (await found()) === '2,2,4,4');
    sut.removed(endpoints[1]!);
    expect(await found()).toBe('2,0,4,4');
  });

  it('counts in blocks of the configured size', async () => {
    const engine = await Engine.start();
    const endpoints = [engine.endpoint(0)];
    const sut = producer(endpoints, { tokenProcessorConfig: { blockSize: 6 } });
    await engine.holds(TOKENS);
    await eventually(async () => (await match(sut, endpoints, requestOf([...TOKENS, 1])))[0] === 3);
    expect(await match(sut, endpoints, requestOf([...TOKENS, 1]))).toEqual([3, 3, 6]);
  });

  it('keeps salts apart', async () => {
    const engine = await Engine.start();
    const endpoints = [engine.endpoint(0)];
    const sut = producer(endpoints);
    const keys = [['s'], null, null, null, null];
    await engine.holds(TOKENS, 4, { extra_keys: keys });
    const salted = (salt?: string): InferenceRequest => requestOf(TOKENS, { cache_salt: salt });
    await eventually(async () => (await match(sut, endpoints, salted('s')))[0] === 5);
    expect((await match(sut, endpoints, salted('t')))[0]).toBe(0);
    expect((await match(sut, endpoints, salted()))[0]).toBe(0);
  });

  it('expects for a while that whoever gets a prompt holds it, where it is told to', async () => {
    const engine = await Engine.start();
    const endpoints = [
      engine.endpoint(0),
      server(1, { labels: { kv_events_endpoint: 'tcp://127.0.0.1:1' } }),
    ];
    const tools = new FakePluginTools();
    const sut = producer(endpoints, { speculativeIndexing: true, speculativeTTL: '3s' }, tools);
    await engine.holds([1, 1, 1, 1]);
    await eventually(async () => (await match(sut, endpoints, requestOf(TOKENS))).length > 0);
    const request = requestOf(TOKENS);
    expect(await match(sut, endpoints, request)).toEqual([0, 0, 5, 4]);
    sut.decided(request, resultOf(endpoints[0]!));
    expect(await match(sut, endpoints, requestOf(TOKENS))).toEqual([5, 0, 5, 4]);
    tools.time = 3001;
    expect(await match(sut, endpoints, requestOf(TOKENS))).toEqual([0, 0, 5, 4]);
  });

  it('has texts tokenized by the servers, each once', async () => {
    const engine = await Engine.start();
    const asked: string[] = [];
    const tokenizer = createServer((request, response) => {
      asked.push(request.url!);
      request.resume().on('end', () => response.end(JSON.stringify({ tokens: TOKENS })));
    }).listen(0, '127.0.0.1');
    closing.push(() => void tokenizer.close());
    await until(() => tokenizer.listening);
    const { port } = tokenizer.address() as AddressInfo;
    const endpoints = [{ ...engine.endpoint(0), id: `127.0.0.1:${port}` }];
    const sut = producer(endpoints);
    expect(await match(sut, endpoints, requestOf('some text'))).toEqual([]);
    await engine.holds(TOKENS);
    await eventually(async () => (await match(sut, endpoints, requestOf('some text')))[0] === 5);
    expect(await match(sut, endpoints, requestOf('some text'))).toEqual([5, 5, 4]);
    expect(asked).toEqual(['/tokenize']);
  });

  it('goes on without where nobody can tell the tokens', async () => {
    const engine = await Engine.start();
    const endpoints = [{ ...engine.endpoint(0), id: '127.0.0.1:1' }];
    const sut = producer(endpoints);
    await engine.holds(TOKENS);
    await eventually(async () => (await match(sut, endpoints, requestOf(TOKENS)))[0] === 5);
    expect(await match(sut, endpoints, requestOf('some text'))).toEqual([]);
    expect(await match(sut, endpoints, inferenceRequest())).toEqual([]);
  });

  it.each<[object, string]>([
    [{ kvEventsConfig: { zmqEndpoint: 'tcp://nowhere' } }, 'tcp://*:5557'],
    [{ indexerConfig: { tokenizersPoolConfig: {} } }, 'token-producer'],
    [{ speculativeTTL: '2' }, '2s'],
    [{ kvEventsConfig: { topic: 'kv@' } }, 'topic'],
  ])('refuses %j', (parameters, word) => {
    expect(() => producer([], parameters)).toThrow(word);
  });
});
