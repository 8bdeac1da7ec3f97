import { encode } from '@msgpack/msgpack';
import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { ZmqPeer } from '../../../src/zmq/zmq-peer.js';
import { freePort } from '../../support/free-port.js';
import { MetricsServer } from '../../support/metrics-server.js';
import { eventually, PickerProgram } from '../../support/picker-program.js';
import { until } from '../../support/raw-client.js';

const A = { name: 'pod-a', endpoint: '127.0.0.1:8101' };
const B = { name: 'pod-b', endpoint: '127.0.0.1:8102' };
const BLOCK = 16;

const opened: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

/** As many tokens as the prompt says, counted from the number that it begins with. */
function tokensOf(prompt: string): number[] {
  const [first, count] = prompt.split(' ').map(Number);
  return Array.from({ length: count! }, (_, i) => first! * 10_000 + i);
}

/** A vLLM that renders prompts. */
async function renderer(): Promise<MetricsServer> {
  const server = await MetricsServer.start((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const body = JSON.parse(text) as { prompt?: string; messages?: { content: string }[] };
      const rendered = { token_ids: tokensOf(body.prompt ?? body.messages![0]!.content) };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body.prompt === undefined ? rendered : [rendered]));
    });
  });
  opened.push(server);
  return server;
}

/** An engine that publishes what it holds: a PUB socket that connects. */
class Engine {
  private sequence = 0;
  private isHeard = false;
  private readonly peer: ZmqPeer;

  constructor(
    port: number,
    private readonly topic: string,
  ) {
    this.peer = new ZmqPeer(
      connect({ host: '127.0.0.1', port }),
      { type: 'PUB', maxMessageBytes: 1000 },
      { message: ([frame]) => void (this.isHeard = frame![0] === 1) },
    );
    opened.push({ stop: () => Promise.resolve(this.peer.close()) });
  }

  async publish(...events: readonly unknown[]): Promise<void> {
    await until(() => this.isHeard);
    const number = Buffer.alloc(8);
    number.writeBigInt64BE(BigInt(this.sequence++));
    this.peer.send([Buffer.from(this.topic), number, encode([Date.now() / 1000, events])]);
  }

  /** In the order of vLLM's struct. */
  async holds(prompt: string): Promise<void> {
    const tokens = tokensOf(prompt);
    const hashes = blocksOf(tokens);
    await this.publish([
      'BlockStored',
      hashes,
      null,
      tokens.slice(0, hashes.length * BLOCK),
      BLOCK,
      null,
      'GPU',
    ]);
  }
}

function blocksOf(tokens: readonly number[]): number[] {
  return Array.from({ length: Math.floor(tokens.length / BLOCK) }, (_, i) => tokens[0]! + i);
}

async function start(scorer: string): Promise<{ picker: PickerProgram; port: number }> {
  const port = await freePort();
  const { port: url } = await renderer();
  const parameters = `{tokenProcessorConfig: {blockSize: ${BLOCK}, hashSeed: "42"}, kvEventsConfig: {zmqEndpoint: "tcp://127.0.0.1:${port}", topicFilter: "kv@"}}`;
  const picker = await PickerProgram.configured({
    endpoints: [A, B],
    plugins: `
- {type: token-producer, parameters: {modelName: m, vllm: {url: "http://127.0.0.1:${url}"}}}
${scorer.replace('PARAMETERS', parameters)}
`,
    flags: ['--explain'],
  });
  opened.push(picker);
  return { picker, port };
}

const SCORERS = [
  [
    'prefix-cache-scorer',
    '- {type: precise-prefix-cache-producer, parameters: PARAMETERS}\n- {name: sut, type: prefix-cache-scorer, parameters: {prefixMatchInfoProducerName: precise-prefix-cache-producer}}',
  ],
  [
    'precise-prefix-cache-scorer',
    '- {name: sut, type: precise-prefix-cache-scorer, parameters: PARAMETERS}',
  ],
] as const;

describe.each(SCORERS)('what engines say of their caches, by %s', (_type, plugins) => {
  it('is the score of their endpoints', async () => {
    const { picker, port } = await start(plugins);
    const scores = async (prompt: string, isChat: boolean): Promise<(number | undefined)[]> => {
      const body = isChat
        ? { model: 'm', messages: [{ role: 'user', content: prompt }] }
        : { model: 'm', prompt };
      const path = isChat ? '/v1/chat/completions' : '/v1/completions';
      (await picker.ask({ path, body })).stream.cancel();
      const { profiles } = await picker.explained();
      return [A, B].map(({ endpoint }) => profiles['default']!.scores[endpoint]!['sut']);
    };
    const come = (prompt: string, expected: readonly number[], isChat = false) =>
      eventually(
        () => scores(prompt, isChat),
        (told) => told.join() === expected.join(),
      );
    const [a, b] = [new Engine(port, 'kv@pod-a@m'), new Engine(port, `kv@${B.endpoint}@m`)];
    await a.holds('1 64');
    await b.holds('1 32');
    await b.holds('2 160');
    await come('1 64', [1, 0.5]);
    await come('1 64', [1, 0.5], true);
    await come('1 128', [0.5, 0.25]);
    await come('2 160', [0, 1], true);
    await come('3 64', [0, 0]);
    await a.publish(['BlockRemoved', blocksOf(tokensOf('1 64')).slice(2), 'GPU']);
    await come('1 64', [0.5, 0.5]);
    await b.publish(['AllBlocksCleared']);
    await come('1 64', [0.5, 0]);
    const decision = await picker.ask({
      path: '/v1/completions',
      body: { model: 'm', prompt: '1 64' },
    });
    expect(decision.endpoint).toBe(A.endpoint);
  });
});
