import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../support/sidecar-config.js';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';

const PATHS: Readonly<Record<string, object>> = {
  '/v1/chat/completions': {
    messages: [{ role: 'user', content: 'Who saw it go?' }],
    max_tokens: 6,
  },
  '/v1/completions': { prompt: 'Who saw it go?', max_tokens: 6 },
  '/v1/messages': { messages: [{ role: 'user', content: 'Who saw it go?' }], max_tokens: 6 },
  '/v1/responses': { input: 'Who saw it go?', max_output_tokens: 6 },
  '/inference/v1/generate': {
    token_ids: [72, 105],
    sampling_params: { max_tokens: 6, temperature: 0 },
  },
};

describe('rooms', () => {
  let prefiller: RunningSimulator;
  let decoder: RunningSimulator;
  beforeEach(async () => {
    prefiller = await startSimulator({ role: 'prefill', kvLeaseDuration: 500 });
    decoder = await startSimulator({ role: 'decode', kvLeaseDuration: 500 });
  });
  afterEach(() => Promise.all([prefiller.close(), decoder.close()]));

  const ask = (
    engine: RunningSimulator,
    path: string,
    more: object | string,
  ): Promise<Response> => {
    const text = typeof more === 'string' ? more : JSON.stringify(more);
    const own = JSON.stringify({ model: 'tiny', temperature: 0, ...PATHS[path] });
    return fetch(`http://${engine.address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `${own.slice(0, -1)},${text.slice(1)}`,
    });
  };
  const meeting = (room: string): string =>
    `{"bootstrap_host":"127.0.0.1","bootstrap_port":${prefiller.bootstrapPort},"bootstrap_room":${room}}`;
  const room = '4611686018427387905';

  it.each(Object.keys(PATHS))('let both engines of %s meet, whoever comes first', async (path) => {
    const alone = await startSimulator();
    const said = async (answer: Response): Promise<string> =>
      /"(?:text|content|token_ids)":\s*("[^"]*"|\[[\d,]*\])/.exec(await answer.text())![0];
    try {
      const expected = await said(await ask(alone, path, { x: 1 }));
      for (const order of [
        [prefiller, decoder],
        [decoder, prefiller],
      ]) {
        const asked: Promise<Response>[] = [];
        for (const engine of order) {
          asked.push(ask(engine, path, meeting(room)));
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        const answers = await Promise.all(asked);
        expect(answers.map(({ status }) => status)).toEqual([200, 200]);
        expect(await said(answers[order.indexOf(decoder)]!)).toBe(expected);
      }
    } finally {
      await alone.close();
    }
  });

  it('are told apart to the last digit', async () => {
    const path = '/v1/completions';
    const prefill = ask(prefiller, path, meeting('4611686018427387904'));
    const decode = ask(decoder, path, meeting('4611686018427387905'));
    expect([(await prefill).status, (await decode).status]).toEqual([500, 500]);
  });

  it.each([
    ['a part of it', '{"bootstrap_room":1}'],
    ['a room that is a float', '{"bootstrap_host":"h","bootstrap_port":1,"bootstrap_room":4.6e18}'],
    [
      'a room beyond 64 bits',
      '{"bootstrap_host":"h","bootstrap_port":1,"bootstrap_room":9223372036854775808}',
    ],
    ['a room below 0', '{"bootstrap_host":"h","bootstrap_port":1,"bootstrap_room":-1}'],
  ])('refuse %s', async (_, body) => {
    expect((await ask(decoder, '/v1/completions', body)).status).toBe(400);
  });

  it('fail a decode whose prefill holds another prompt', async () => {
    const prefill = ask(
      prefiller,
      '/v1/completions',
      `${meeting(room).slice(0, -1)},"prompt":"another"}`,
    );
    expect((await ask(decoder, '/v1/completions', meeting(room))).status).toBe(500);
    await prefill;
  });

  it('are where the sidecar sends both engines, at every API, streamed and whole', async () => {
    const { config } = loadConfig();
    const sidecar = await startSidecar(
      {
        ...config,
        ...{ port: 0, metricsPort: 0, bindAddress: '127.0.0.1', secureProxy: false },
        ...{ kvConnector: 'sglang', modelServerPort: decoder.port },
        connectorSettings: { sglangBootstrapPort: prefiller.bootstrapPort },
      },
      { logger: new SilentLogger() },
    );
    try {
      for (const [path, body] of Object.entries(PATHS)) {
        for (const stream of [false, true]) {
          const answer = await fetch(`http://127.0.0.1:${sidecar.port}${path}`, {
            method: 'POST',
            headers: {
              'content-type': 'application/json',
              'x-prefiller-host-port': prefiller.address,
            },
            body: JSON.stringify({ model: 'tiny', stream, ...body }),
          });
          const text = await answer.text();
          expect([path, stream, answer.status]).toEqual([path, stream, 200]);
          expect(text).not.toContain('"error":{');
        }
      }
    } finally {
      await sidecar.close();
    }
  });
});
