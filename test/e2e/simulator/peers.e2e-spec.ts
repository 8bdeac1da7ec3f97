import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RunningSidecar } from '../../../src/apps/sidecar/running-sidecar.js';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { freePort } from '../../support/free-port.js';
import { loadConfig } from '../../support/sidecar-config.js';

const TEXT = 'Who saw it go? '.repeat(20);
const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': { messages: [{ role: 'user', content: TEXT }], max_tokens: 6 },
  '/v1/completions': { prompt: TEXT, max_tokens: 6 },
  '/v1/messages': { messages: [{ role: 'user', content: TEXT }], max_tokens: 6 },
  '/v1/responses': { input: TEXT, max_output_tokens: 6 },
  '/inference/v1/generate': {
    token_ids: [...Buffer.from(TEXT)],
    sampling_params: { max_tokens: 6, temperature: 0 },
  },
};

function count(engine: RunningSimulator, metric: string): number {
  return Number(new RegExp(`^vllm:${metric}\\{.*\\} (.*)$`, 'm').exec(engine.metrics())![1]);
}

describe('peers', () => {
  let prefiller: RunningSimulator;
  let decoder: RunningSimulator;
  beforeEach(async () => {
    prefiller = await startSimulator();
    decoder = await startSimulator();
  });
  afterEach(() => Promise.all([prefiller.close(), decoder.close()]));
  const impatient = async (): Promise<void> => {
    await decoder.close();
    decoder = await startSimulator({ p2pLoadTimeout: 100 });
  };

  const ask = (engine: RunningSimulator, path: string, params: object): Promise<Response> =>
    fetch(`http://${engine.address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'tiny',
        temperature: 0,
        ...PATHS[path],
        kv_transfer_params: params,
      }),
    });
  const said = async (answer: Response): Promise<string> => {
    const text = await answer.text();
    return /"(?:text|content|token_ids)":\s*("[^"]*"|\[[\d,]*\])/.exec(text)?.[0] ?? text;
  };
  const at = (id: string, port = prefiller.p2pPort): object => ({
    kv_request_id: id,
    remote_host: '127.0.0.1',
    remote_port: port,
  });

  it.each(Object.keys(PATHS))('hand a prompt of %s over', async (path) => {
    const alone = await said(await ask(prefiller, path, {}));
    const prefill = await ask(prefiller, path, { remote_decoder: { kv_request_id: 'u' } });
    expect((await prefill.text()).replaceAll('"kv_transfer_params":null', '')).not.toContain(
      'kv_transfer_params',
    );
    const answer = await ask(decoder, path, { remote_prefiller: at('u') });
    expect(answer.status).toBe(200);
    expect(await said(answer)).toBe(alone);
    expect(count(decoder, 'external_prefix_cache_hits_total')).toBeGreaterThan(64);
  });

  it('wait for a prefill that comes after its decode', async () => {
    const decode = ask(decoder, '/v1/completions', { remote_prefiller: at('u') });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await ask(prefiller, '/v1/completions', { remote_decoder: { kv_request_id: 'u' } });
    expect((await decode).status).toBe(200);
  });

  it.each([
    ['of which nobody knows', 'unknown', true],
    ['that holds another prompt', 'other', true],
    ['at a port where nobody listens', 'u', false],
  ])('fail a decode %s', async (_, id, isThere) => {
    await ask(prefiller, '/v1/messages', { remote_decoder: { kv_request_id: 'other' } });
    const port = isThere ? prefiller.p2pPort : await freePort();
    if (id === 'unknown') await impatient();
    const answer = await ask(decoder, '/v1/completions', { remote_prefiller: at(id, port) });
    expect(answer.status).toBe(500);
    expect(count(decoder, 'nixl_num_failed_transfers_total')).toBe(1);
  });

  it('hand a prompt over once', async () => {
    await ask(prefiller, '/v1/completions', { remote_decoder: { kv_request_id: 'u' } });
    const params = { remote_prefiller: at('u') };
    expect((await ask(decoder, '/v1/completions', params)).status).toBe(200);
    await impatient();
    expect((await ask(decoder, '/v1/completions', params)).status).toBe(500);
  });

  it('count what was handed over as cached: whole blocks, and never all', async () => {
    await ask(prefiller, '/v1/completions', { remote_decoder: { kv_request_id: 'u' } });
    const answer = await ask(decoder, '/v1/completions', { remote_prefiller: at('u') });
    const { usage } = (await answer.json()) as {
      usage: { prompt_tokens: number; prompt_tokens_details: { cached_tokens: number } };
    };
    expect(usage).toMatchObject({
      prompt_tokens: 75,
      prompt_tokens_details: { cached_tokens: 64 },
    });
  });

  it('pull what another has in its cache, and compute the rest', async () => {
    await ask(prefiller, '/v1/completions', {});
    const answer = await ask(decoder, '/v1/completions', { remote_kv_source: at('v') });
    const { usage } = (await answer.json()) as {
      usage: { prompt_tokens_details: { cached_tokens: number } };
    };
    expect(usage.prompt_tokens_details.cached_tokens).toBe(64);
    expect(count(decoder, 'external_prefix_cache_hits_total')).toBe(64);
  });

  it('pull for a prefill that others fetch', async () => {
    await ask(decoder, '/v1/completions', {});
    await ask(prefiller, '/v1/completions', {
      remote_decoder: { kv_request_id: 'u' },
      remote_kv_source: at('v', decoder.p2pPort),
    });
    expect(count(prefiller, 'external_prefix_cache_hits_total')).toBe(64);
    const decode = await ask(decoder, '/v1/completions', { remote_prefiller: at('u') });
    expect(decode.status).toBe(200);
  });

  it('compute a prompt whose source is gone', async () => {
    const answer = await ask(decoder, '/v1/completions', {
      remote_kv_source: at('v', await freePort()),
    });
    expect(answer.status).toBe(200);
  });

  describe('behind a sidecar', () => {
    let sidecar: RunningSidecar;
    beforeEach(async () => {
      const { config } = loadConfig();
      const connectorSettings = {
        ...config.connectorSettings,
        p2pConnectorPort: prefiller.p2pPort,
      };
      sidecar = await startSidecar(
        {
          ...config,
          ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
          ...{ kvConnector: 'offloading', modelServerPort: decoder.port, connectorSettings },
        },
        { logger: new SilentLogger() },
      );
    });
    afterEach(() => sidecar.close());

    const post = (path: string, more: object, headers: object): Promise<Response> =>
      fetch(`http://127.0.0.1:${sidecar.port}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'tiny', temperature: 0, ...PATHS[path], ...more }),
      });

    it.each(Object.keys(PATHS))('hand prompts of %s over, streamed and whole', async (path) => {
      const headers = { 'x-prefiller-host-port': prefiller.address };
      for (const stream of [false, true]) {
        const before = count(decoder, 'external_prefix_cache_hits_total');
        const answer = await post(path, { stream }, headers);
        expect([answer.status, /"error":\s*\{/.test(await answer.text())]).toEqual([200, false]);
        expect(count(decoder, 'external_prefix_cache_hits_total')).toBeGreaterThan(before);
      }
    });

    it.each(Object.keys(PATHS))('pull for %s what a source has', async (path) => {
      await ask(prefiller, path, {});
      const answer = await post(path, {}, { 'x-kv-cache-source-host-port': prefiller.address });
      expect(answer.status).toBe(200);
      expect(count(decoder, 'external_prefix_cache_hits_total')).toBeGreaterThan(0);
    });
  });

  it('refuse incomplete parameters', async () => {
    const answer = await ask(decoder, '/v1/completions', {
      remote_prefiller: { kv_request_id: 'u' },
    });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('kv_transfer_params.remote_prefiller.remote_host');
  });
});
