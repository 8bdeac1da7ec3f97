import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/support/raw-client.js';
import { inferenceRequest, pluginOf } from '../../../test/support/scheduling-harness.js';
import { readJsonObject } from '../../openai/json-object.js';
import type { InferenceRequest } from '../inference-request.js';
import type { LifecycleListener, Producer } from '../plugin.js';
import { tokenCount, tokenizedPrompt } from '../token-count.js';
import { RenderedTokens } from './rendered-tokens.js';
import { tokenProducer } from './token-producer.js';

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

interface Asked {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly authorization: string | undefined;
}

/** A vLLM that renders. @param answer undefined: none comes */
async function renderer(answer: unknown, status = 200): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const { authorization } = request.headers;
      const body = JSON.parse(text) as Record<string, unknown>;
      asked.push({ path: request.url!, body, authorization });
      if (answer !== undefined) response.writeHead(status).end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await until(() => server.listening);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString();
}

function producer(url: string, more: object = {}): Producer {
  const sut = pluginOf<Producer & LifecycleListener>(tokenProducer, { vllm: { url }, ...more });
  closing.push(() => sut.close!());
  return sut;
}

function requestOf(path: string, body: object): InferenceRequest {
  const json = readJsonObject(Buffer.from(JSON.stringify({ model: 'm', ...body })));
  const headers = { authorization: 'Bearer k' };
  return inferenceRequest({ path, body: json, headers });
}

const chat = (): InferenceRequest =>
  requestOf('/v1/chat/completions', { messages: [{ role: 'user', content: 'hello' }] });

describe(RenderedTokens.name, () => {
  it('has chats rendered, and asks once for the same one', async () => {
    const { url, asked } = await renderer({ token_ids: [5, 6, 7] });
    const sut = producer(`${url}/`, { modelName: 'base' });
    const requests = [chat(), chat()];
    await Promise.all(requests.map(async (request) => sut.produce(request, [])));
    const later = chat();
    expect(sut.produce(later, [])).toBeUndefined();
    for (const request of [...requests, later]) {
      expect([...tokenizedPrompt(request)!.ids!]).toEqual([5, 6, 7]);
      expect(tokenCount(request)).toBe(3);
      expect(tokenizedPrompt(request)!.words(2)).toMatchObject({ count: 2, total: 3 });
    }
    const messages = [{ role: 'user', content: 'hello' }];
    const authorization = 'Bearer k';
    expect(asked).toEqual([
      { path: '/v1/chat/completions/render', body: { model: 'base', messages }, authorization },
    ]);
  });

  it('has the first prompt of a completion rendered', async () => {
    const { url, asked } = await renderer([{ token_ids: [1, 2] }, { token_ids: [3] }]);
    const request = requestOf('/v1/completions', { prompt: ['a', 'b'] });
    await producer(url).produce(request, []);
    expect([...tokenizedPrompt(request)!.ids!]).toEqual([1, 2]);
    expect(asked.map(({ path, body }) => [path, body['model']])).toEqual([
      ['/v1/completions/render', 'm'],
    ]);
  });

  it.each<[string, unknown, number, object]>([
    ['is refused', { error: 'no' }, 400, {}],
    ['fails', {}, 500, {}],
    ['comes to nothing', { tokens: 1 }, 200, {}],
    ['takes too long', undefined, 200, { timeout: '20ms' }],
  ])('estimates where the question %s', async (_, answer, status, more) => {
    const { url } = await renderer(answer, status);
    const sut = producer(url, { vllm: { url, ...more } });
    const request = chat();
    await sut.produce(request, []);
    expect([tokenizedPrompt(request)!.ids, tokenCount(request)]).toEqual([undefined, 9]);
  });

  it('asks nobody about tokens, and about what a vLLM does not render', async () => {
    const { url, asked } = await renderer({});
    const sut = producer(url);
    const ids = requestOf('/v1/completions', { prompt: [1, 2, 3] });
    const other = requestOf('/v1/responses', { input: 'x'.repeat(40) });
    for (const request of [ids, other, inferenceRequest()]) {
      expect(sut.produce(request, [])).toBeUndefined();
    }
    expect([tokenCount(ids), tokenCount(other), asked.length]).toEqual([3, 10, 0]);
  });

  it('may be waited for as long as it waits itself', () => {
    expect(producer('http://127.0.0.1:1').patience).toBeGreaterThan(30_000);
  });

  it.each<[object, string]>([
    [{ udsTokenizerConfig: { socketFile: 'a' } }, 'vllm.url'],
    [{ vllm: { url: 'localhost:8000' } }, 'http://'],
    [{ vllm: { timeout: '5' } }, '5s'],
  ])('refuses %j', (parameters, word) => {
    expect(() => pluginOf(tokenProducer, parameters)).toThrow(word);
  });
});
