import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import { freePort } from '../../support/free-port.js';
import { PickerFixture } from '../../support/picker-fixture.js';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Ports {
  readonly port: number;
  readonly events: number;
  readonly replay: number;
}

/** A simulator that is what its endpoint in the file says. */
class Server {
  private running: RunningSimulator | undefined;

  private constructor(
    private readonly ports: Ports,
    private readonly options: StartOptions,
  ) {}

  static async start(options: StartOptions = {}): Promise<Server> {
    const [port, events, replay] = [await freePort(), await freePort(), await freePort()];
    const server = new Server({ port, events, replay }, options);
    await server.run();
    closing.push(() => server.stop());
    return server;
  }

  get id(): string {
    return `127.0.0.1:${this.ports.port}`;
  }

  get labels(): Record<string, string> {
    return {
      kv_events_endpoint: `tcp://127.0.0.1:${this.ports.events}`,
      kv_events_replay_endpoint: `tcp://127.0.0.1:${this.ports.replay}`,
    };
  }

  /** Blocks of four tokens, which are sixteen characters. */
  async run(): Promise<void> {
    const { port, events, replay } = this.ports;
    this.running = await startSimulator({
      ...{ port, blockSize: 4 },
      kvEventsConfig: {
        ...{ enable_kv_cache_events: true, publisher: 'zmq', buffer_steps: 1000 },
        endpoint: `tcp://127.0.0.1:${events}`,
        replay_endpoint: `tcp://127.0.0.1:${replay}`,
        topic: `kv@${this.id}@tiny`,
      },
      ...this.options,
    });
  }

  async stop(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }

  async post(path: string, body: object = {}): Promise<void> {
    const response = await fetch(`http://${this.id}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
  }

  /** It computes a prompt, and holds it then. */
  async computes(prompt: string): Promise<void> {
    await this.post('/v1/completions', completion(prompt));
  }
}

function completion(prompt: string): object {
  return { model: 'tiny', prompt, max_tokens: 1 };
}

const promptOf = (seed: string, blocks = 20): string =>
  seed.repeat(16 * blocks).slice(0, 16 * blocks);

const PLUGINS = `
- type: precise-prefix-cache-producer
  parameters: {tokenProcessorConfig: {blockSize: 4, hashSeed: "42"}}
- type: prefix-cache-scorer
  parameters: {prefixMatchInfoProducerName: precise-prefix-cache-producer}
`;

async function picker(...servers: readonly Server[]): Promise<PickerFixture> {
  const listed = servers.map(({ id, labels }, i) => ({ name: `pod-${i}`, endpoint: id, labels }));
  const started = await PickerFixture.withFile(listed, '', PLUGINS);
  closing.push(() => started.stop());
  return started;
}

/** Waits until requests go there, five times one after the other: chance alone would choose another one. */
async function goesTo(sut: PickerFixture, server: Server, body: object): Promise<void> {
  const path = 'messages' in body ? '/v1/chat/completions' : '/v1/completions';
  for (let inRow = 0; inRow < 5;) {
    const decision = await sut.send({ path, body });
    decision.end();
    inRow = decision.endpoint === server.id ? inRow + 1 : 0;
    if (inRow === 0) await setTimeout(20);
  }
}

describe('the precise prefix cache', () => {
  it('sends a prompt to the server that says it holds the most of it', async () => {
    const [a, b] = [await Server.start(), await Server.start()];
    const sut = await picker(a, b);
    await a.computes(promptOf('a'));
    await b.computes(promptOf('a', 10));
    await b.computes(promptOf('b'));
    await goesTo(sut, a, completion(`${promptOf('a')} and more`));
    await goesTo(sut, b, completion(`${promptOf('b')} and more`));
  });

  it('has chats tokenized by the servers', async () => {
    const [a, b] = [await Server.start(), await Server.start()];
    const sut = await picker(a, b);
    const chat = {
      ...{ model: 'tiny', max_tokens: 1 },
      messages: [{ role: 'user', content: promptOf('u') }],
    };
    await b.post('/v1/chat/completions', chat);
    await goesTo(sut, b, chat);
  });

  it('sends a prompt elsewhere when its blocks were evicted, or all of them', async () => {
    const [a, b] = [await Server.start({ numGpuBlocks: 32 }), await Server.start()];
    const sut = await picker(a, b);
    await a.computes(promptOf('a'));
    await b.computes(promptOf('a', 10));
    await goesTo(sut, a, completion(promptOf('a')));
    await a.computes(promptOf('b', 32));
    await goesTo(sut, b, completion(promptOf('a')));
    await goesTo(sut, a, completion(promptOf('b', 32)));
    await b.computes(promptOf('b', 5));
    await a.post('/reset_prefix_cache');
    await goesTo(sut, b, completion(promptOf('b', 32)));
  });

  it('learns anew what a server holds that was started again', async () => {
    const [a, b] = [await Server.start(), await Server.start()];
    const sut = await picker(a, b);
    await a.computes(promptOf('a'));
    await b.computes(promptOf('a', 10));
    await goesTo(sut, a, completion(promptOf('a')));
    await a.stop();
    await a.run();
    await a.computes(promptOf('c'));
    await goesTo(sut, a, completion(promptOf('c')));
    await goesTo(sut, b, completion(promptOf('a')));
    await a.computes(promptOf('a'));
    await goesTo(sut, a, completion(promptOf('a')));
  });
});
