import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import type { RunningSidecar } from '../../../src/apps/sidecar/running-sidecar.js';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { loadConfig } from '../../support/sidecar-config.js';
import { until } from '../../support/raw-client.js';

const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: 'Who saw it go?' }] },
  '/v1/completions': { prompt: 'Who saw it go?' },
  '/v1/messages': { messages: [{ role: 'user', content: 'Who saw it go?' }] },
  '/v1/responses': { input: 'Who saw it go?' },
  '/inference/v1/generate': { token_ids: [72, 105] },
};
const COMPLETIONS = '/v1/completions';
const MOONCAKE: StartOptions = { kvConnector: 'mooncake' };
/** Long enough for what is to happen within it, also where the machine is busy. */
const IMPATIENT: StartOptions = { ...MOONCAKE, kvLeaseDuration: 1000 };

function limited(path: string, tokens: number): object {
  if (path === '/inference/v1/generate') {
    return { sampling_params: { max_tokens: tokens, temperature: 0 } };
  }
  const name = path === '/v1/responses' ? 'max_output_tokens' : 'max_tokens';
  return { [name]: tokens, temperature: 0 };
}

describe("Mooncake's hand-over", () => {
  let prefiller: RunningSimulator;
  let decoder: RunningSimulator;
  beforeEach(async () => {
    prefiller = await startSimulator({ ...MOONCAKE, role: 'prefill' });
    decoder = await startSimulator({ ...MOONCAKE, role: 'decode' });
  });
  afterEach(() => Promise.all([prefiller.close(), decoder.close()]));

  const ask = (
    engine: RunningSimulator,
    path: string,
    tokens: number,
    params?: object,
    more: object = {},
  ): Promise<Response> =>
    fetch(`http://${engine.address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'tiny',
        ...PATHS[path],
        ...limited(path, tokens),
        ...(params && { kv_transfer_params: params }),
        ...more,
      }),
    });
  const bootstrap = (): string => `http://127.0.0.1:${prefiller.mooncakePort}`;
  const toPrefill = (id: string): object => ({
    do_remote_prefill: false,
    do_remote_decode: true,
    transfer_id: id,
  });
  const toDecode = (id: string, engineId = prefiller.engineId): object => ({
    do_remote_prefill: true,
    do_remote_decode: false,
    transfer_id: id,
    remote_bootstrap_addr: bootstrap(),
    remote_engine_id: engineId,
  });
  const usage = (): number => {
    const [, value] = /^vllm:kv_cache_usage_perc\S* (\S+)$/m.exec(prefiller.metrics())!;
    return Number(value);
  };

  const waiting = (): boolean => /^vllm:num_requests_waiting\S* 1(\.0)?$/m.test(decoder.metrics());

  it('tells of its engine where it is asked, and of nothing else', async () => {
    const answer = await fetch(`${bootstrap()}/query`);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      '0': {
        engine_id: prefiller.engineId,
        worker_addr: { '0': { '0': expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/) } },
      },
    });
    for (const [method, path] of [
      ['POST', '/query'],
      ['GET', '/'],
    ] as const) {
      expect((await fetch(bootstrap() + path, { method })).status).toBe(404);
    }
    expect(decoder.mooncakePort).toBe(0);
  });

  it.each(Object.keys(PATHS))('happens for %s, whoever comes first', async (path) => {
    const said = async (answer: Response): Promise<string> =>
      /"(?:text|content|token_ids)":\s*("[^"]*"|\[[\d,]*\])/.exec(await answer.text())![0];
    const alone = await startSimulator();
    const expected = await said(await ask(alone, path, 6));
    await alone.close();
    for (const isPrefillFirst of [true, false]) {
      const id = `xfer-${path}-${isPrefillFirst}`;
      const prefill = (): Promise<Response> => ask(prefiller, path, 1, toPrefill(id));
      const decode = (): Promise<Response> => ask(decoder, path, 6, toDecode(id));
      const first = isPrefillFirst ? prefill() : decode();
      await new Promise((resolve) => setTimeout(resolve, 30));
      const second = isPrefillFirst ? decode() : prefill();
      const answers = await Promise.all([first, second]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(await said(answers[isPrefillFirst ? 1 : 0])).toBe(expected);
      expect(usage()).toBe(0);
    }
    expect(decoder.metrics()).toMatch(/^vllm:external_prefix_cache_hits_total\S* [1-9]/m);
  });

  it('refuses a transfer id that waits', async () => {
    await ask(prefiller, COMPLETIONS, 1, toPrefill('a'));
    expect((await ask(prefiller, COMPLETIONS, 1, toPrefill('a'))).status).toBe(500);
    expect((await ask(decoder, COMPLETIONS, 6, toDecode('a'))).status).toBe(200);
  });

  it('holds a prompt whose first token is its last and has a stop string in it', async () => {
    const stop = { stop: ['a', 'e', 'i', 'o', 'u'] };
    expect((await ask(prefiller, COMPLETIONS, 1, toPrefill('a'), stop)).status).toBe(200);
    expect((await ask(decoder, COMPLETIONS, 6, toDecode('a'))).status).toBe(200);
  });

  it('fails a decode with an engine id that nobody has', async () => {
    await ask(prefiller, COMPLETIONS, 1, toPrefill('a'));
    expect((await ask(decoder, COMPLETIONS, 6, toDecode('a', 'nobody'))).status).toBe(500);
  });

  it('fails a decode of another prompt', async () => {
    await ask(prefiller, COMPLETIONS, 1, toPrefill('a'), { prompt: 'Another one' });
    expect((await ask(decoder, COMPLETIONS, 6, toDecode('a'))).status).toBe(500);
  });

  it('lets a decode leave that waits', async () => {
    const leaving = new AbortController();
    const decode = fetch(`http://${decoder.address}${COMPLETIONS}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'tiny',
        prompt: 'Who saw it go?',
        kv_transfer_params: toDecode('a'),
      }),
      signal: leaving.signal,
    });
    await until(waiting, 5000);
    leaving.abort();
    await expect(decode).rejects.toThrow();
    await until(() => !waiting(), 5000);
  });

  it.each([
    ['no transfer id', 'decode', { transfer_id: undefined }],
    ['an empty transfer id', 'decode', { transfer_id: '' }],
    ['no engine id', 'decode', { remote_engine_id: undefined }],
    ['a number as engine id', 'decode', { remote_engine_id: 7 }],
    ['no bootstrap server', 'decode', { remote_bootstrap_addr: undefined }],
    ['a bootstrap server without a scheme', 'decode', { remote_bootstrap_addr: '127.0.0.1:8998' }],
    ['a bootstrap server with a path', 'decode', { remote_bootstrap_addr: 'http://h:1/query' }],
    ['an IPv6 address without brackets', 'decode', { remote_bootstrap_addr: 'http://::1:8998' }],
    ['both sides at once', 'decode', { do_remote_decode: true }],
    ['a prefill without a transfer id', 'prefill', { transfer_id: undefined }],
    ['a prefill at a decoder', 'decode', { do_remote_prefill: false, do_remote_decode: true }],
    ['a decode at a prefiller', 'prefill', { do_remote_prefill: true, do_remote_decode: false }],
  ])('refuses %s', async (_, side, params) => {
    const isPrefill = side === 'prefill';
    const own = isPrefill ? toPrefill('a') : toDecode('a');
    const engine = isPrefill ? prefiller : decoder;
    const answer = await ask(engine, COMPLETIONS, 6, { ...own, ...params });
    expect(answer.status).toBe(400);
  });

  it('leaves requests without a transfer alone', async () => {
    for (const engine of [prefiller, decoder]) {
      expect((await ask(engine, COMPLETIONS, 6)).status).toBe(200);
      expect((await ask(engine, COMPLETIONS, 6, { do_remote_prefill: false })).status).toBe(200);
    }
  });

  describe('through the sidecar', () => {
    let sidecar: RunningSidecar;
    beforeEach(async () => {
      const { config } = loadConfig();
      sidecar = await startSidecar(
        {
          ...config,
          ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
          ...{ kvConnector: 'mooncake', modelServerPort: decoder.port },
          ...{ retryBackoff: 20, breakerThreshold: 0 },
          connectorSettings: {
            ...config.connectorSettings,
            mooncakeBootstrapPort: prefiller.mooncakePort,
          },
        },
        { logger: new SilentLogger() },
      );
    });
    afterEach(() => sidecar.close());

    const send = (path: string, more: object = {}): Promise<Response> =>
      fetch(`http://127.0.0.1:${sidecar.port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-prefiller-host-port': prefiller.address },
        body: JSON.stringify({ model: 'tiny', ...PATHS[path], ...limited(path, 6), ...more }),
      });
    const pulled = (): number =>
      Number(/^vllm:external_prefix_cache_hits_total\S* (\S+)$/m.exec(decoder.metrics())?.[1] ?? 0);

    it.each(Object.keys(PATHS))('happens for %s, streamed and whole', async (path) => {
      for (const stream of [false, true]) {
        const before = pulled();
        const answer = await send(path, { stream });
        expect(answer.status).toBe(200);
        expect(await answer.text()).not.toContain('"error":{');
        expect(pulled()).toBeGreaterThan(before);
      }
      await until(() => usage() === 0, 5000);
    });

    it('happens with a prefiller that was restarted, request by request', async () => {
      for (let round = 0; round < 3; round++) {
        const before = pulled();
        expect((await send(COMPLETIONS)).status).toBe(200);
        expect(pulled()).toBeGreaterThan(before);
        const { port, mooncakePort: mooncakeBootstrapPort } = prefiller;
        await prefiller.close();
        prefiller = await startSimulator({
          ...MOONCAKE,
          ...{ role: 'prefill', port, mooncakeBootstrapPort },
        });
        // All of them live in this process: the closed connection has been read when this turn is over.
        await endOfTurn();
        await endOfTurn();
      }
    });

    it('happens again after requests that came while the prefiller was gone', async () => {
      expect((await send(COMPLETIONS)).status).toBe(200);
      const { port, mooncakePort: mooncakeBootstrapPort } = prefiller;
      await prefiller.close();
      const asked = Array.from({ length: 5 }, async () => (await send(COMPLETIONS)).status);
      prefiller = await startSimulator({
        ...MOONCAKE,
        ...{ role: 'prefill', port, mooncakeBootstrapPort },
      });
      for (const status of await Promise.all(asked)) expect([200, 502, 504]).toContain(status);
      expect((await send(COMPLETIONS)).status).toBe(200);
    });
  });

  describe('with engines that do not wait for long', () => {
    beforeEach(async () => {
      await Promise.all([prefiller.close(), decoder.close()]);
      prefiller = await startSimulator({ ...IMPATIENT, role: 'prefill' });
      decoder = await startSimulator({ ...IMPATIENT, role: 'decode' });
    });

    it('holds a prompt until its lease ends', async () => {
      expect((await ask(prefiller, COMPLETIONS, 1, toPrefill('a'))).status).toBe(200);
      expect(usage()).toBeGreaterThan(0);
      await until(() => usage() === 0, 5000);
      expect((await ask(decoder, COMPLETIONS, 6, toDecode('a'))).status).toBe(500);
    });

    it('keeps a decode waiting whose prefill failed, as long as its patience lasts', async () => {
      const decode = ask(decoder, COMPLETIONS, 6, toDecode('a'));
      expect((await ask(prefiller, COMPLETIONS, 0, toPrefill('a'))).status).toBe(400);
      expect((await decode).status).toBe(500);
    });

    it('keeps a decode waiting whose prefill did not end by its limit', async () => {
      const decode = ask(decoder, COMPLETIONS, 6, toDecode('a'));
      const text = ((await (await ask(decoder, COMPLETIONS, 1)).json()) as Answer).choices[0]!.text;
      const stop = { stop: [text.trim().slice(0, 1)] };
      expect((await ask(prefiller, COMPLETIONS, 6, toPrefill('a'), stop)).status).toBe(200);
      expect((await decode).status).toBe(500);
      expect(usage()).toBe(0);
    });

    it('keeps a decode waiting whose engine id was known before a restart', async () => {
      await ask(prefiller, COMPLETIONS, 1, toPrefill('a'));
      expect((await ask(decoder, COMPLETIONS, 6, toDecode('a'))).status).toBe(200);
      const stale = prefiller.engineId;
      const { mooncakePort } = prefiller;
      await prefiller.close();
      const again = { mooncakeBootstrapPort: mooncakePort, role: 'prefill' } as const;
      prefiller = await startSimulator({ ...IMPATIENT, ...again });
      expect(prefiller.engineId).not.toBe(stale);
      await ask(prefiller, COMPLETIONS, 1, toPrefill('b'));
      const waits = ask(decoder, COMPLETIONS, 6, toDecode('b', stale));
      await until(waiting, 5000);
      expect((await waits).status).toBe(500);
      await ask(prefiller, COMPLETIONS, 1, toPrefill('c'));
      expect((await ask(decoder, COMPLETIONS, 6, toDecode('c'))).status).toBe(200);
    });
  });
});

interface Answer {
  readonly choices: readonly { readonly text: string }[];
}
