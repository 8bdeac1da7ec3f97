import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const PATH = '/v1/chat/completions';
const CHAT = {
  messages: [{ role: 'user', content: 'Which way did the fox run, and who saw it go?' }],
  max_tokens: 11,
  temperature: 0,
};
const ASKED = [
  {},
  { stop: ' ' },
  { temperature: 1 },
  { min_tokens: 7, top_p: 0.5 },
  { max_tokens: undefined, max_completion_tokens: 9 },
  {
    messages: [...CHAT.messages, { role: 'assistant', content: 'It ran' }],
    continue_final_message: true,
    add_generation_prompt: false,
  },
];
const STREAMS = [
  {},
  { stream: true },
  { stream: true, stream_options: { include_usage: true } },
  { stream: true, stream_options: { include_usage: true, continuous_usage_stats: true } },
];

/** Without names, times, hits in caches and what tells a stream's last event from others. */
const plain = (text: string): string =>
  text
    .replaceAll(/"(?:id|created)":(?:"[^"]*"|\d+)/g, '""')
    .replaceAll(/,"prompt_tokens_details":\{[^}]*\}/g, '')
    .replaceAll(/,"(?:stop_reason":null|system_fingerprint":"[^"]*")/g, '');

describe('an answer in chunks', () => {
  let decoder: RunningSimulator;
  let prefiller: RunningSimulator;
  let fixture: SidecarFixture;
  beforeEach(async () => {
    decoder = await startSimulator();
    prefiller = await startSimulator();
  });
  afterEach(async () => {
    await fixture.stop();
    await decoder.close();
    await prefiller.close();
  });

  const post = async (url: string, body: object, headers = {}): Promise<string> => {
    const answer = await fetch(url + PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return plain(await answer.text());
  };

  it.each([1, 2, 5, 10, 11, 50])(
    'of %d tokens is the one that the engine gives at once, with and without a prefill',
    async (decodeChunkSize) => {
      const modelServerPort = Number(decoder.address.split(':').pop());
      fixture = await startFixture({ decodeChunkSize, modelServerPort });
      for (const asked of ASKED) {
        for (const stream of STREAMS) {
          const body = { ...CHAT, ...asked, ...stream };
          const expected = await post(`http://${decoder.address}`, body);
          expect(await post(fixture.url, body)).toBe(expected);
          const prefilled = await post(fixture.url, body, {
            'x-prefiller-host-port': prefiller.address,
          });
          expect(prefilled).toBe(expected);
        }
      }
    },
  );
});

describe('the end of a chat prompt', () => {
  let simulator: RunningSimulator;
  beforeEach(async () => (simulator = await startSimulator()));
  afterEach(() => simulator.close());

  const both = 'Cannot set both `continue_final_message` and `add_generation_prompt` to True.';
  it.each([
    [{ continue_final_message: true, add_generation_prompt: true }, both],
    [{ continue_final_message: true }, expect.stringMatching(/are not compatible/)],
  ])('is refused with %j, as vLLM does', async (more, message) => {
    const answer = await fetch(`http://${simulator.address}${PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...CHAT, ...more }),
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { message, type: 'BadRequestError', param: null, code: 400 } },
    ]);
  });
});
