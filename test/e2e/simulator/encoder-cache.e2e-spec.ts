import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  startSimulator,
  type RunningSimulator,
} from '../../../src/apps/simulator/start-simulator.js';

interface Answer {
  readonly error?: { readonly message: string };
  readonly ec_transfer_params?: Record<string, object> | null;
}

const image = (url: string): object => ({ type: 'image_url', image_url: { url } });
const text = { type: 'text', text: 'What is it?' };
const CHAT = '/v1/chat/completions';

describe('the encoder cache', () => {
  let folder: string;
  const running: RunningSimulator[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-encoder-'));
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((simulator) => simulator.close()));
    await rm(folder, { recursive: true });
  });

  const start = async (
    ...options: Parameters<typeof startSimulator>
  ): Promise<RunningSimulator> => {
    const simulator = await startSimulator(...options);
    running.push(simulator);
    return simulator;
  };

  const post = async (
    { address }: RunningSimulator,
    body: object,
    path = CHAT,
  ): Promise<{ status: number } & Answer> => {
    const answer = await fetch(`http://${address}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tiny', ...body }),
    });
    return { status: answer.status, ...((await answer.json()) as Answer) };
  };

  const asking = (...parts: object[]): object => ({
    messages: [{ role: 'user', content: parts }],
    max_tokens: 1,
  });

  it('tells where an embedding is, and fetches it from there', async () => {
    const encoder = await start({ ecRole: 'producer' });
    const consumer = await start({ ecRole: 'consumer' });
    const parts = [image('http://a/1.png'), image('http://a/2.png')];
    const answers = await Promise.all(parts.map((part) => post(encoder, asking(part))));
    const params = Object.assign({}, ...answers.map((one) => one.ec_transfer_params)) as object;
    expect(Object.values(params)).toEqual(
      Array(2).fill(expect.objectContaining({ peer_host: '127.0.0.1', peer_port: encoder.ecPort })),
    );
    expect(await post(consumer, asking(text, ...parts))).toMatchObject({
      status: 400,
      error: {
        message: expect.stringMatching(/^The item \w{32} was not encoded/) as unknown as string,
      },
    });
    const prompt = { ...asking(text, ...parts), ec_transfer_params: params };
    expect((await post(consumer, prompt)).status).toBe(200);
    expect((await post(consumer, asking(...parts))).status).toBe(200);
  });

  it('fetches nothing that another model has computed', async () => {
    const encoder = await start({ ecRole: 'producer', model: 'other' });
    const consumer = await start({ ecRole: 'consumer' });
    const part = image('http://a/1.png');
    const { ec_transfer_params } = await post(encoder, { ...asking(part), model: 'other' });
    const answer = await post(consumer, { ...asking(part), ec_transfer_params });
    expect(answer).toMatchObject({
      status: 400,
      error: { message: expect.stringContaining('embedding of another') as unknown as string },
    });
  });

  it('shares embeddings through a folder', async () => {
    const encoder = await start({ ecRole: 'producer', ecSharedStoragePath: folder });
    const consumer = await start({ ecRole: 'consumer', ecSharedStoragePath: folder });
    const part = image('http://a/1.png');
    expect((await post(consumer, asking(part))).status).toBe(400);
    expect((await post(encoder, asking(part))).status).toBe(200);
    expect((await post(consumer, asking(text, part))).status).toBe(200);
  });

  it('encodes for messages and responses too', async () => {
    const encoder = await start({ ecRole: 'producer' });
    const url = 'http://a/1.png';
    const source = { type: 'url', url };
    const answers = await Promise.all([
      post(encoder, asking(image(url))),
      post(
        encoder,
        { messages: [{ role: 'user', content: [{ type: 'image', source }] }], max_tokens: 1 },
        '/v1/messages',
      ),
      post(
        encoder,
        {
          input: [{ role: 'user', content: [{ type: 'input_image', image_url: url }] }],
          max_output_tokens: 1,
        },
        '/v1/responses',
      ),
    ]);
    expect(answers.map((one) => one.ec_transfer_params)).toEqual(
      Array(3).fill(answers[0].ec_transfer_params),
    );
  });

  it.each([
    ['no item', asking(text)],
    ['two items', asking(image('http://a/1'), image('http://a/2'))],
    ['more than a token', { ...asking(image('http://a/1')), max_tokens: 2 }],
    ['no limit', { ...asking(image('http://a/1')), max_tokens: null }],
    ['a stream', { ...asking(image('http://a/1')), stream: true }],
    ['two answers', { ...asking(image('http://a/1')), n: 2 }],
    ['KV', { ...asking(image('http://a/1')), kv_transfer_params: { do_remote_decode: true } }],
  ])('makes encoders refuse a request for %s', async (_, body) => {
    const encoder = await start({ ecRole: 'producer' });
    expect(await post(encoder, body)).toMatchObject({
      status: 400,
      error: { message: expect.stringMatching(/^An encoder /) as unknown as string },
    });
  });
});
