import { afterEach, describe, expect, it } from '@jest/globals';
import { routerSettings, type RouterConfig } from '../../../src/apps/router/router.settings.js';
import { startRouter, type RunningRouter } from '../../../src/apps/router/start-router.js';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import { loadSettings } from '../../../src/config/load-settings.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { until } from '../../support/raw-client.js';

const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    messages: [{ role: 'user', content: 'Who saw it go?' }],
    max_tokens: 6,
    min_tokens: 2,
  },
  '/v1/completions': { prompt: 'Who saw it go?', max_tokens: 6, min_tokens: 2 },
  '/v1/messages': { messages: [{ role: 'user', content: 'Who saw it go?' }], max_tokens: 6 },
  '/v1/responses': { input: 'Who saw it go?', max_output_tokens: 6 },
  '/inference/v1/generate': {
    token_ids: [72, 105],
    sampling_params: { max_tokens: 6, temperature: 0 },
  },
};

/** What the engines are started with, and how the router is told of a prefill worker's ports. */
interface Play {
  readonly engines: StartOptions;
  readonly port?: (prefill: RunningSimulator) => number;
  readonly config?: (prefill: RunningSimulator, decode: RunningSimulator) => Partial<RouterConfig>;
}

const MORIIO: Play = {
  engines: { kvConnector: 'moriio' },
  config: (prefill, decode) => ({
    moriioPrefillNotifyPort: prefill.moriioNotifyPort,
    moriioPrefillHandshakePort: prefill.moriioHandshakePort,
    moriioDecodeNotifyPort: decode.moriioNotifyPort,
    moriioDecodeHandshakePort: decode.moriioHandshakePort,
  }),
};
const PLAYS: readonly [string, RouterConfig['kvConnector'], Play][] = [
  ['nixl', 'nixl', { engines: {} }],
  ['sglang', 'sglang', { engines: {}, port: ({ bootstrapPort }) => bootstrapPort }],
  [
    'mooncake',
    'mooncake',
    { engines: { kvConnector: 'mooncake' }, port: ({ mooncakePort }) => mooncakePort },
  ],
  ['moriio', 'moriio', MORIIO],
  [
    'moriio in parallel',
    'moriio',
    {
      ...MORIIO,
      config: (...engines) => ({ ...MORIIO.config!(...engines), moriioParallelDispatch: true }),
    },
  ],
];

const running: RunningSimulator[] = [];
let router: RunningRouter;
afterEach(async () => {
  await router.close();
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

async function engine(options: StartOptions): Promise<RunningSimulator> {
  const simulator = await startSimulator(options);
  running.push(simulator);
  return simulator;
}

async function pairUp(
  kvConnector: RouterConfig['kvConnector'],
  { engines, port, config }: Play,
): Promise<void> {
  const prefill = await engine({ ...engines, role: 'prefill' });
  const decode = await engine({ ...engines, role: 'decode' });
  const { config: defaults } = loadSettings(routerSettings, { argv: [], env: {} });
  const own: Partial<RouterConfig> = {
    ...{ port: 0, prometheusPort: 0, pdDisaggregation: true, kvConnector },
    prefill: [{ url: `http://${prefill.address}`, bootstrapPort: port?.(prefill) }],
    decode: [`http://${decode.address}`],
    ...config?.(prefill, decode),
  };
  router = await startRouter({ ...defaults, ...own }, new SilentLogger());
  await until(() => router.fleet.all.every(({ isReady }) => isReady));
}

const ask = (at: string, path: string, more: object): Promise<Response> =>
  fetch(`http://${at}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny', temperature: 0, ...PATHS[path], ...more }),
  });

/** What an answer says, whole or in events. */
const said = (text: string): string =>
  [...text.matchAll(/"(?:text|content|delta|token_ids)":\s*("[^"]*"|\[[\d,]*\])/g)]
    .map(([, value]) => value)
    .join();

describe('simulators behind the router', () => {
  it.each(PLAYS)('hand over at every API, streamed and whole, with %s', async (_, name, play) => {
    await pairUp(name, play);
    const alone = await engine({});
    const at = `127.0.0.1:${router.port}`;
    for (const path of Object.keys(PATHS)) {
      for (const stream of [false, true]) {
        const expected = said(await (await ask(alone.address, path, { stream })).text());
        const answer = await ask(at, path, { stream });
        const text = await answer.text();
        expect([path, stream, answer.status, said(text)]).toEqual([path, stream, 200, expected]);
        expect(text).not.toContain('"error":{');
      }
    }
    await until(() => router.fleet.all.every(({ inFlight }) => inFlight === 0));
    const [, decode] = running;
    const hits = Number(
      /^vllm:external_prefix_cache_hits_total\{[^}]*\} (\d+)/m.exec(decode!.metrics())?.[1] ?? 0,
    );
    if (name !== 'sglang') expect(hits).toBeGreaterThan(0);
  });

  it('serve each other in turn, many at a time', async () => {
    await pairUp('nixl', { engines: {} });
    const at = `127.0.0.1:${router.port}`;
    const asked = Array.from({ length: 64 }, (_, i) =>
      ask(at, '/v1/completions', { prompt: `prompt number ${i}`, stream: i % 2 === 0 }),
    );
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    await Promise.all(answers.map((answer) => answer.text()));
    await until(() => router.fleet.all.every(({ inFlight }) => inFlight === 0));
  });
});
