import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { loadConfig } from '../../support/sidecar-config.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';

const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    messages: [{ role: 'user', content: 'Who saw it go?' }],
    max_tokens: 6,
  },
  '/v1/completions': { prompt: 'Who saw it go?', max_tokens: 6 },
  '/inference/v1/generate': { token_ids: [72, 105], sampling_params: { max_tokens: 6 } },
};
const REFUSED = /"finish_reason":\s*"cache_threshold"/;

describe('shared storage', () => {
  let folder: string;
  let prefiller: RunningSimulator;
  let decoder: RunningSimulator;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-storage-'));
    prefiller = await startSimulator({ sharedStoragePath: folder });
    decoder = await startSimulator({ sharedStoragePath: folder });
  });
  afterEach(async () => {
    await Promise.all([prefiller.close(), decoder.close()]);
    await rm(folder, { recursive: true });
  });

  const post = (address: string, path: string, more: object, headers = {}): Promise<Response> =>
    fetch(`http://${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'tiny', ...PATHS[path], ...more }),
    });

  it.each(Object.keys(PATHS))(
    'lets %s be refused until another engine prefilled it',
    async (path) => {
      for (const stream of [false, true]) {
        const refused = await post(decoder.address, path, { cache_hit_threshold: 0.8, stream });
        expect([refused.status, REFUSED.test(await refused.text())]).toEqual([200, true]);
      }
      await (await post(prefiller.address, path, { cache_hit_threshold: 0 })).text();
      const answer = await post(decoder.address, path, { cache_hit_threshold: 0.8 });
      expect(await answer.text()).not.toMatch(REFUSED);
    },
  );

  it.each([-0.1, 1.1, 'much'])('refuses a threshold of %s', async (value) => {
    const answer = await post(decoder.address, '/v1/completions', { cache_hit_threshold: value });
    expect(answer.status).toBe(400);
  });

  it.each(Object.keys(PATHS))(
    'is filled by the sidecar for %s, streamed and whole',
    async (path) => {
      const { config } = loadConfig();
      const sidecar = await startSidecar(
        {
          ...config,
          ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
          ...{ kvConnector: 'shared-storage', modelServerPort: decoder.port },
        },
        { logger: new SilentLogger() },
      );
      try {
        const headers = { 'x-prefiller-host-port': prefiller.address };
        const prefills = (): string => /vllm:prompt_tokens_total\{.*/.exec(prefiller.metrics())![0];
        for (const stream of [false, true]) {
          const salt = { cache_hit_threshold: 0.5, stream };
          const answer = await post(`127.0.0.1:${sidecar.port}`, path, salt, headers);
          const text = await answer.text();
          expect([answer.status, REFUSED.test(text)]).toEqual([200, false]);
          expect(text).toMatch(/"finish_reason":\s*"length"/);
        }
        const before = prefills();
        await (
          await post(`127.0.0.1:${sidecar.port}`, path, { cache_hit_threshold: 1 }, headers)
        ).text();
        expect(prefills()).toBe(before);
      } finally {
        await sidecar.close();
      }
    },
  );
});
