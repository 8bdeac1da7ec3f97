import { afterEach, describe, expect, it } from '@jest/globals';
import { routerSettings, type RouterConfig } from '../../../src/apps/router/router.settings.js';
import { startRouter, type RunningRouter } from '../../../src/apps/router/start-router.js';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import { RecordingLogger } from '../../support/sidecar-fixture.js';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const eventsAt = (events: number, replay: number): StartOptions['kvEventsConfig'] => ({
  enable_kv_cache_events: true,
  publisher: 'zmq',
  endpoint: `tcp://127.0.0.1:${events}`,
  replay_endpoint: `tcp://127.0.0.1:${replay}`,
  buffer_steps: 1000,
  topic: '',
});

/** Waits until the events of all workers are followed. */
async function liveOf({ opsPort }: RunningRouter): Promise<void> {
  for (let isLive = false; !isLive;) {
    const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`);
    const lines = (await response.text()).match(/^vllm_router_kv_events_live\{.*$/gm) ?? [];
    isLive = lines.length > 0 && lines.every((line) => line.endsWith(' 1'));
  }
}

/** Blocks of four tokens, which are sixteen characters. */
async function simulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const started = await startSimulator({
    blockSize: 4,
    kvEventsConfig: eventsAt(0, 0),
    ...options,
  });
  closing.push(() => started.close());
  return started;
}

interface Routed {
  readonly router: RunningRouter;
  readonly simulators: readonly RunningSimulator[];
  readonly metrics: () => Promise<string>;
  /** @returns index of the simulator that answered, and the prompt tokens that it had in its cache */
  send(body: object, path?: string, headers?: object): Promise<{ at: number; cached: number }>;
  /** Waits until each worker is known to hold so many blocks. */
  held(...blocks: readonly number[]): Promise<void>;
}

async function routed(
  simulators: readonly RunningSimulator[],
  config: Partial<RouterConfig> = {},
): Promise<Routed> {
  const { config: defaults } = loadSettings(routerSettings, { argv: [], env: {} });
  const urls = simulators.map(({ address }) => `http://${address}`);
  const router = await startRouter(
    {
      ...defaults,
      port: 0,
      prometheusPort: await freePort(),
      policy: 'kv_aware',
      workerUrls: urls,
      kvTokenizeTimeoutSecs: 10_000,
      ...config,
    },
    new RecordingLogger(),
  );
  closing.push(() => router.close());
  await until(() => router.fleet.all.every(({ isReady }) => isReady));
  const send: Routed['send'] = async (body, path = '/v1/completions', headers = {}) => {
    const before = simulators.map((each) => countsOf(each));
    const response = await fetch(`http://127.0.0.1:${router.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'tiny', max_tokens: 1, ...body }),
    });
    expect(response.status).toBe(200);
    await response.arrayBuffer();
    const after = simulators.map((each) => countsOf(each));
    const at = after.findIndex(({ queries }, i) => queries > before[i]!.queries);
    return { at, cached: after[at]!.hits - before[at]!.hits };
  };
  const metrics = async (): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${router.opsPort}/metrics`);
    return response.text();
  };
  const held: Routed['held'] = async (...blocks) => {
    const expected = blocks.map(
      (count, i) => `vllm_router_kv_index_blocks{worker="${urls[i]!}"} ${count}\n`,
    );
    const deadline = Date.now() + 20_000;
    for (;;) {
      const page = await metrics();
      if (expected.every((line) => page.includes(line))) return;
      const seen = page.match(/vllm_router_kv_index_blocks\{.*/g);
      if (Date.now() > deadline)
        throw new Error(`expected ${expected.join()}, got ${seen?.join()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { router, simulators, send, metrics, held };
}

/** Pins a request to a worker. */
const to = (index: number): object => ({ 'x-smg-target-worker': String(index) });

function countsOf(simulator: RunningSimulator): { queries: number; hits: number } {
  const [queries, hits] = ['queries', 'hits'].map((name) => {
    const line = new RegExp(`^vllm:prefix_cache_${name}_total\\S* (\\d+)`, 'm');
    return Number(line.exec(simulator.metrics())?.[1]);
  });
  return { queries: queries!, hits: hits! };
}

const promptOf = (seed: string, blocks = 20): string =>
  seed.repeat(16 * blocks).slice(0, 16 * blocks);

describe('kv_aware', () => {
  it('sends what goes on to the worker that holds its beginning', async () => {
    const { send } = await routed([await simulator(), await simulator()]);
    const homes = new Map<string, number>();
    for (const seed of 'abcdefgh') homes.set(seed, (await send({ prompt: promptOf(seed) })).at);
    expect(new Set(homes.values()).size).toBe(2);
    for (const [seed, home] of homes) {
      const { at, cached } = await send({ prompt: `${promptOf(seed)} and more` });
      expect({ seed, at, cached }).toEqual({
        seed,
        at: home,
        cached: 80,
      });
    }
  });

  it('sends a prompt elsewhere when its blocks were evicted', async () => {
    const { send, held } = await routed([
      await simulator({ numGpuBlocks: 32 }),
      await simulator({ numGpuBlocks: 32 }),
    ]);
    await send({ prompt: promptOf('a') }, undefined, to(0));
    await send({ prompt: promptOf('a', 10) }, undefined, to(1));
    await held(20, 10);
    expect(await send({ prompt: promptOf('a') })).toEqual({ at: 0, cached: 76 });
    await send({ prompt: promptOf('b', 32) }, undefined, to(0));
    await held(32, 10);
    expect(await send({ prompt: promptOf('a') })).toEqual({ at: 1, cached: 40 });
  });

  it('forgets what a worker forgets', async () => {
    const { send, held, simulators } = await routed([await simulator(), await simulator()]);
    await send({ prompt: promptOf('a') }, undefined, to(0));
    await send({ prompt: promptOf('a', 10) }, undefined, to(1));
    await held(20, 10);
    await fetch(`http://${simulators[0]!.address}/reset_prefix_cache`, { method: 'POST' });
    await held(0, 10);
    expect(await send({ prompt: promptOf('a') })).toEqual({ at: 1, cached: 40 });
  });

  it('renders chats as the workers do, and tells salts apart', async () => {
    const { send, held } = await routed([await simulator(), await simulator()]);
    const chat = (salt?: string): object => ({
      messages: [
        { role: 'system', content: promptOf('s') },
        { role: 'user', content: promptOf('u', 5) },
      ],
      cache_salt: salt,
    });
    const path = '/v1/chat/completions';
    await send(chat(), path, to(1));
    await send(chat('mine'), path, to(0));
    await held(30, 30);
    const plain = await send(chat(), path);
    expect(plain.at).toBe(1);
    expect(plain.cached).toBeGreaterThan(96);
    expect((await send(chat('mine'), path)).at).toBe(0);
  });

  it('rebuilds what it knows of a worker that comes back', async () => {
    const ports = { kvEventsConfig: eventsAt(await freePort(), await freePort()) };
    const first = await simulator(ports);
    const { send, held, router } = await routed([first, await simulator()]);
    await send({ prompt: promptOf('a') }, undefined, to(0));
    await send({ prompt: promptOf('a', 10) }, undefined, to(1));
    await held(20, 10);
    await first.close();
    expect((await send({ prompt: promptOf('a') })).at).toBe(1);
    await simulator({ ...ports, port: first.port });
    await until(() => router.fleet.all.every(({ isUsable }) => isUsable));
    await held(0, 20);
  });

  it('chooses a rank by the events of that rank', async () => {
    const [first, second] = [await simulator(), await simulator()];
    const worker = await simulator({ kvEventsConfig: undefined });
    const url = `http://${worker.address}`;
    const [one, two] = [first, second].map(({ kvEventPorts }) => kvEventPorts.events);
    const { router, held } = await routed([worker], {
      dataParallelSize: 2,
      kvEventSource: [`${url}=tcp://127.0.0.1:${one},tcp://127.0.0.1:${two}`],
    });
    const ask = async (at: string): Promise<Response> => {
      const response = await fetch(`http://${at}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-router-explain': '1' },
        body: JSON.stringify({ model: 'tiny', max_tokens: 1, prompt: promptOf('a') }),
      });
      await response.arrayBuffer();
      return response;
    };
    await until(() => router.fleet.all.length === 2);
    await liveOf(router);
    await ask(second.address);
    await held(20);
    const response = await ask(`127.0.0.1:${router.port}`);
    const decision = JSON.parse(response.headers.get('x-router-decision')!) as object;
    expect(decision).toMatchObject({ worker: `${url}@1`, reason: 'prefix' });
  });

  it('chooses prefill workers by what they hold', async () => {
    const prefills = [await simulator({ role: 'prefill' }), await simulator({ role: 'prefill' })];
    const decode = await simulator({ role: 'decode', kvEventsConfig: undefined });
    const urls = prefills.map(({ address }) => `http://${address}`);
    const { send, held } = await routed(prefills, {
      workerUrls: [],
      policy: 'round_robin',
      prefillPolicy: 'kv_aware',
      pdDisaggregation: true,
      prefill: urls.map((url) => ({ url, bootstrapPort: undefined })),
      decode: [`http://${decode.address}`],
      pdKvEvents: prefills.map(
        ({ kvEventPorts }, i) => `${urls[i]!}=tcp://127.0.0.1:${kvEventPorts.events}`,
      ),
      kvEventReplaySource: prefills.map(
        ({ kvEventPorts }, i) => `${urls[i]!}=tcp://127.0.0.1:${kvEventPorts.replay}`,
      ),
    });
    const homes = [];
    for (const seed of 'abcd') homes.push((await send({ prompt: promptOf(seed) })).at);
    expect(homes.toSorted()).toEqual([0, 0, 1, 1]);
    await held(40, 40);
    const again = [];
    for (const seed of 'abcd') again.push(await send({ prompt: `${promptOf(seed)} and more` }));
    expect(again).toEqual(homes.map((at) => ({ at, cached: 80 })));
  });

  it('goes by the text where prompts are of other APIs', async () => {
    const engines = [await simulator(), await simulator()];
    const { send, metrics } = await routed(engines);
    const homes = new Map<string, number>();
    for (const seed of 'abcdefgh') {
      homes.set(seed, (await send({ input: promptOf(seed) }, '/v1/responses')).at);
    }
    expect(new Set(homes.values()).size).toBe(2);
    for (const [seed, home] of homes) {
      const more = { input: `${promptOf(seed)} and more` };
      expect((await send(more, '/v1/responses')).at).toBe(home);
    }
    expect(await metrics()).toContain('result="unsupported"} 16\n');
  });
});
