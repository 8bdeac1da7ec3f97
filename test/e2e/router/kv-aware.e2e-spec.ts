import { afterEach, describe, expect, it } from '@jest/globals';
import { routerSettings, type RouterConfig } from '../../../src/apps/router/router.settings.js';
import { startRouter, type RunningRouter } from '../../../src/apps/router/start-router.js';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { until } from '../../support/raw-client.js';
import { RecordingLogger } from '../../support/sidecar-fixture.js';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Blocks of four tokens, which are sixteen characters. */
async function simulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const started = await startSimulator({
    blockSize: 4,
    kvEventsConfig: {
      enable_kv_cache_events: true,
      publisher: 'zmq',
      endpoint: 'tcp://127.0.0.1:0',
      replay_endpoint: 'tcp://127.0.0.1:0',
      buffer_steps: 1000,
      topic: '',
    },
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
  send(body: object, path?: string): Promise<{ at: number; cached: number }>;
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
      prometheusPort: 0,
      policy: 'kv_aware',
      workerUrls: urls,
      kvTokenizeTimeoutSecs: 10_000,
      ...config,
    },
    new RecordingLogger(),
  );
  closing.push(() => router.close());
  await until(() => router.fleet.all.every(({ isReady }) => isReady));
  const send: Routed['send'] = async (body, path = '/v1/completions') => {
    const before = simulators.map((each) => countsOf(each));
    const response = await fetch(`http://127.0.0.1:${router.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
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
  return { router, simulators, send, metrics };
}

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
});
