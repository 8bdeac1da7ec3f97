import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import type { RunningSidecar } from '../../../src/apps/sidecar/running-sidecar.js';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { encoderConfig } from '../../support/encoder-fixture.js';
import { loadConfig } from '../../support/sidecar-config.js';

const URLS = ['http://media/1.png', 'http://media/2.png', 'data:image/png;base64,AA=='];
const text = { type: 'text', text: 'What is it?' };
const image = (url: string): object => ({ type: 'image_url', image_url: { url } });
const BODIES: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    messages: [{ role: 'user', content: [text, ...URLS.map(image), image(URLS[0]!)] }],
    max_tokens: 6,
  },
  '/v1/messages': {
    messages: [
      {
        role: 'user',
        content: [
          text,
          ...URLS.slice(0, 2).map((url) => ({ type: 'image', source: { type: 'url', url } })),
        ],
      },
    ],
    max_tokens: 6,
  },
  '/v1/responses': {
    input: [
      { role: 'user', content: URLS.map((image_url) => ({ type: 'input_image', image_url })) },
    ],
    max_output_tokens: 6,
  },
};

describe.each(['ec-nixl', 'ec-example'])('requests that are encoded elsewhere by %s', (name) => {
  let folder: string;
  let engines: RunningSimulator[];
  let sidecar: RunningSidecar;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-encoded-'));
    const shared = name === 'ec-example' && { ecSharedStoragePath: folder };
    engines = await Promise.all(
      (['producer', 'producer', 'consumer', 'consumer'] as const).map((ecRole) =>
        startSimulator({ ecRole, ...shared }),
      ),
    );
    sidecar = await startSidecar(
      {
        ...loadConfig().config,
        ...encoderConfig(name),
        ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
        modelServerPort: engines[3]!.port,
      },
      { logger: new SilentLogger() },
    );
  });
  afterEach(async () => {
    await sidecar.close();
    await Promise.all(engines.map((engine) => engine.close()));
    await rm(folder, { recursive: true });
  });

  const ask = async (path: string, more: object, headers: object): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${sidecar.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'tiny', ...BODIES[path], ...more }),
    });
    return [answer.status, await answer.text()];
  };
  const finished = (engine: RunningSimulator): number =>
    Number(/finished_reason="length"[^}]*\} (\d+)/.exec(engine.metrics())![1]);

  it.each(Object.keys(BODIES))('are answered on %s, streamed and whole', async (path) => {
    const [one, two, prefiller] = engines;
    const encoders = { 'x-encoder-hosts-ports': `${one!.address},${two!.address}` };
    const prefilled = { ...encoders, 'x-prefiller-host-port': prefiller!.address };
    // Nobody has encoded these yet: the engines that are to compute them say so.
    expect((await ask(path, {}, {}))[0]).toBe(400);
    for (const [round, stream] of [true, false].entries()) {
      const [status, answer] = await ask(path, { stream }, prefilled);
      expect([status, answer.length > 0]).toEqual([200, true]);
      expect(finished(prefiller!)).toBe(round + 1);
    }
    const encoded = finished(one!) + finished(two!);
    expect(encoded).toBe(path === '/v1/messages' ? 4 : 6);
    expect((await ask(path, { cache_salt: 'other' }, encoders))[0]).toBe(200);
    expect(finished(prefiller!)).toBe(2);
  });
});
