import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import type { RunningSidecar } from '../../../src/apps/sidecar/running-sidecar.js';
import {
  startSimulator,
  type RunningSimulator,
  type StartOptions,
} from '../../../src/apps/simulator/start-simulator.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { writeMode } from '../../support/moriio.js';
import { loadConfig } from '../../support/sidecar-config.js';
import { until } from '../../support/raw-client.js';

const ASK = { content: 'Who saw it go?', role: 'user' };
const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [ASK], max_tokens: 6, min_tokens: 2 },
  '/v1/completions': { prompt: ASK.content, max_tokens: 6, min_tokens: 2 },
  '/v1/messages': { messages: [ASK], max_tokens: 6 },
  '/v1/responses': { input: ASK.content, max_output_tokens: 6 },
  '/inference/v1/generate': {
    token_ids: [72, 105],
    sampling_params: { max_tokens: 6, temperature: 0 },
  },
};

describe('MoRI-IO in WRITE mode', () => {
  const simulators: RunningSimulator[] = [];
  const sidecars: RunningSidecar[] = [];
  afterEach(async () => {
    for (const sidecar of sidecars.splice(0)) await sidecar.close();
    for (const simulator of simulators.splice(0)) await simulator.close();
  });

  const engine = async (options: StartOptions = {}): Promise<RunningSimulator> => {
    const started = await startSimulator({
      ...{ kvConnector: 'moriio', ...options },
    });
    simulators.push(started);
    return started;
  };

  /** A sidecar before this decoder, told of both engines' ports. */
  const sidecarOf = async (
    decoder: RunningSimulator,
    prefiller: RunningSimulator,
    ...flags: string[]
  ): Promise<(path: string, body: object, at?: RunningSimulator) => Promise<Response>> => {
    const sidecar = await startSidecar(
      {
        ...loadConfig().config,
        ...writeMode(
          `--moriio-decode-notify-port=${decoder.moriioNotifyPort}`,
          `--moriio-decode-handshake-port=${decoder.moriioHandshakePort}`,
          `--moriio-prefill-notify-port=${prefiller.moriioNotifyPort}`,
          `--moriio-prefill-handshake-port=${prefiller.moriioHandshakePort}`,
          ...flags,
        ),
        ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
        modelServerPort: decoder.port,
      },
      { logger: new SilentLogger() },
    );
    sidecars.push(sidecar);
    return (path, body, at = prefiller) =>
      fetch(`http://127.0.0.1:${sidecar.port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-prefiller-host-port': at.address },
        body: JSON.stringify({ model: 'tiny', ...body }),
      });
  };

  const hits = ({ metrics }: RunningSimulator): number =>
    Number(/^vllm:external_prefix_cache_hits_total\{[^}]*\} (\d+)/m.exec(metrics())?.[1]);
  const PARALLEL = '--moriio-parallel-dispatch';

  it.each([['serial'], ['parallel', PARALLEL]])(
    'is spoken by the sidecar at every API, streamed and whole, %s',
    async (_, ...flags) => {
      const [prefiller, decoder] = [await engine(), await engine()];
      const ask = await sidecarOf(decoder, prefiller, ...flags);
      let before = hits(decoder);
      for (const [path, body] of Object.entries(PATHS)) {
        for (const stream of [false, true]) {
          const answer = await ask(path, { stream, ...body });
          const text = await answer.text();
          expect([path, stream, answer.status]).toEqual([path, stream, 200]);
          expect(text).not.toContain('"error":{');
          expect(hits(decoder)).toBeGreaterThan(before);
          before = hits(decoder);
        }
      }
      expect(prefiller.metrics()).toMatch(/^vllm:kv_cache_usage_perc\{[^}]*\} 0$/m);
    },
  );

  it.each([['serial'], ['parallel', PARALLEL]])(
    'is spoken on one rank of many, %s',
    async (_, ...flags) => {
      const ranks = { dataParallelSize: 8 };
      const [prefiller, decoder] = [await engine(ranks), await engine(ranks)];
      const ask = await sidecarOf(decoder, prefiller, '--moriio-dp-size=8', ...flags);
      const answers = await Promise.all(
        Array.from({ length: 24 }, (_, i) => ask('/v1/completions', { prompt: `Prompt ${i}` })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    },
  );

  it.each([['serial'], ['parallel', PARALLEL]])(
    'is spoken between any two pods of a world of two and two, %s',
    async (_, ...flags) => {
      const pod = (dataParallelStartRank: number, port = 0): StartOptions => ({
        ...{ dataParallelSize: 8, dataParallelSizeLocal: 4, dataParallelStartRank },
        // Pods have one port each, at an address of their own.
        ...{ sideChannelHost: `127.0.0.${dataParallelStartRank / 4 + 1}` },
        ...{ host: `127.0.0.${dataParallelStartRank / 4 + 1}`, moriioNotifyPort: port },
      });
      const p0 = await engine(pod(0));
      const p1 = await engine({
        ...pod(4, p0.moriioNotifyPort),
        moriioHandshakePort: p0.moriioHandshakePort,
      });
      const world = [
        ...['--moriio-dp-size=8', '--moriio-dp-size-local=4'],
        ...['--moriio-remote-hosts=127.0.0.1,127.0.0.2'],
        ...['--moriio-decode-hosts=127.0.0.1,127.0.0.2', ...flags],
      ];
      const decodeRanks = { dataParallelSize: 8, dataParallelSizeLocal: 4 };
      for (const start of [0, 4]) {
        const host = `127.0.0.${start / 4 + 1}`;
        const decoder = await engine({
          ...{ ...decodeRanks, dataParallelStartRank: start, sideChannelHost: host },
        });
        const ask = await sidecarOf(decoder, p0, ...world, `--moriio-local-pod-ip=${host}`);
        for (const prefiller of [p0, { ...p1, address: `127.0.0.2:${p1.port}` }]) {
          const answers = await Promise.all(
            Array.from({ length: 12 }, (_, i) =>
              ask('/v1/completions', { prompt: `Prompt ${i}` }, prefiller),
            ),
          );
          expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
        }
      }
    },
  );

  it.each([['serial'], ['parallel', PARALLEL]])(
    'is spoken once for an answer in chunks, %s',
    async (_, ...flags) => {
      const [prefiller, decoder] = [await engine(), await engine()];
      const ask = await sidecarOf(decoder, prefiller, ...flags);
      const inChunks = await sidecarOf(decoder, prefiller, '--decode-chunk-size=2', ...flags);
      const path = '/v1/chat/completions';
      for (const stream of [false, true]) {
        const body = { messages: [ASK], max_tokens: 9, min_tokens: 9, temperature: 0, stream };
        const before = hits(decoder);
        await (await ask(path, body)).text();
        const once = hits(decoder) - before;
        const answer = await inChunks(path, body);
        expect([answer.status, (await answer.text()).includes('"error"')]).toEqual([200, false]);
        expect([once > 0, hits(decoder)]).toEqual([true, before + 2 * once]);
      }
    },
  );

  describe('is strict', () => {
    let prefiller: RunningSimulator;
    let decoder: RunningSimulator;
    let deaths = 0;
    beforeEach(async () => {
      deaths = 0;
      const onEngineDeath = (): void => void deaths++;
      const quick = { dataParallelSize: 2, kvLeaseDuration: 500, onEngineDeath };
      prefiller = await engine(quick);
      decoder = await engine(quick);
    });

    const peer = (of: RunningSimulator): object => ({
      remote_host: '127.0.0.1',
      remote_notify_port: of.moriioNotifyPort,
      remote_handshake_port: of.moriioHandshakePort,
    });
    const prefill = (more: object = {}): object => ({
      ...{ do_remote_decode: true, do_remote_prefill: false, transfer_id: 'tx1' },
      ...{ remote_engine_id: null, remote_block_ids: null, ...peer(decoder), ...more },
    });
    const decode = (more: object = {}): object => ({
      ...{ do_remote_prefill: true, do_remote_decode: false, transfer_id: 'tx1' },
      ...{ remote_dp_rank: 0, remote_dp_rank_override: true, ...peer(prefiller), ...more },
    });
    const send = (
      at: RunningSimulator,
      params: object,
      rank = 0,
      prompt = 'Hi',
    ): Promise<Response> =>
      fetch(`http://${at.address}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-data-parallel-rank': String(rank) },
        body: JSON.stringify({ prompt, max_tokens: 1, kv_transfer_params: params }),
      });

    it('about ranks: those of two legs must agree', async () => {
      expect((await send(prefiller, prefill(), 1)).status).toBe(200);
      expect((await send(decoder, decode(), 0)).status).toBe(500);
      expect((await send(decoder, decode({ remote_dp_rank: 1 }), 0)).status).toBe(500);
      expect((await send(prefiller, prefill(), 2)).status).toBe(400);
    });

    it('about transfer ids: they serve once', async () => {
      expect((await send(prefiller, prefill())).status).toBe(200);
      expect((await send(decoder, decode())).status).toBe(200);
      await until(() => / 0$/m.test(prefiller.metrics()));
      expect((await send(prefiller, prefill())).status).toBe(500);
    });

    it('about prompts: the KV of another one is of no use', async () => {
      await send(prefiller, prefill(), 0, 'Another');
      expect((await send(decoder, decode())).status).toBe(500);
    });

    it('about ports: KV goes where it is told, or nowhere', async () => {
      await send(prefiller, prefill({ remote_handshake_port: 1 }));
      expect((await send(decoder, decode())).status).toBe(500);
      expect((await send(decoder, decode({ remote_notify_port: 1 }))).status).toBe(500);
    });

    it.each([
      ['remote_host', prefill],
      ['remote_engine_id', prefill],
      ['remote_notify_port', decode],
    ])('about %s, without which an engine dies', async (name, leg) => {
      const at = leg === prefill ? prefiller : decoder;
      const params = Object.fromEntries(Object.entries(leg()).filter(([key]) => key !== name));
      expect((await send(at, params)).status).toBe(500);
      expect(deaths).toBe(1);
      expect((await fetch(`http://${at.address}/health`)).status).toBe(503);
    });

    it('and answers a prefill as vLLM does', async () => {
      const answer = (await (await send(prefiller, prefill(), 1)).json()) as object;
      expect(answer).toMatchObject({
        kv_transfer_params: {
          ...{ do_remote_prefill: true, do_remote_decode: false, transfer_id: 'tx1', tp_size: 1 },
          ...{ remote_host: '127.0.0.1', remote_dp_rank: 1, remote_dp_rank_override: true },
          ...{ remote_dp_size: 2, remote_dp_size_local: 2, remote_block_ids: [[1]] },
          remote_notify_port: String(prefiller.moriioNotifyPort),
          remote_handshake_port: String(prefiller.moriioHandshakePort),
          remote_engine_id: `127.0.0.1:${prefiller.moriioHandshakePort}`,
        },
      });
    });
  });
});
