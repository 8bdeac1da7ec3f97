/** Process of the engines that a trace is replayed to; the main process drives it over IPC. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveMethods } from '../../wire/worker-protocol.js';
import { FastClock } from '../clock.js';
import { EngineModel, type EngineFigures } from '../engine-model.js';

interface Body {
  readonly messages: readonly { readonly content: string }[];
  readonly max_tokens?: number;
  /** What some routers make of it. */
  readonly max_completion_tokens?: number;
}

const MODELS = '{"object":"list","data":[{"id":"bench","object":"model","owned_by":"bench"}]}';
const CHARACTERS_A_TOKEN = 4;
let models: EngineModel[] = [];

/** Listens on loopback; returns the ports. */
function listen(count: number): Promise<number[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const server = createServer((request, response) => void serve(index, request, response));
      server.keepAliveTimeout = 0;
      return new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      });
    }),
  );
}

async function serve(
  index: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('content-type', 'application/json');
  const path = request.url ?? '';
  if (request.method !== 'POST') {
    response.end(path.includes('/models') ? MODELS : '{}');
    return;
  }
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = JSON.parse(Buffer.concat(parts).toString()) as Body;
  const text = body.messages.map(({ content }) => content).join('');
  if (path.endsWith('/render')) {
    response.end(JSON.stringify({ request_id: 'r', token_ids: tokensOf(text) }));
    return;
  }
  const output = body.max_tokens ?? body.max_completion_tokens ?? 0;
  models[index]!.submit(text, output, () =>
    response.end(
      '{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
    ),
  );
}

/** The same ids for the same text, for a router that asks for them. */
function tokensOf(text: string): number[] {
  const tokens: number[] = [];
  for (let at = 0; at < text.length; at += CHARACTERS_A_TOKEN) {
    let hash = 0;
    for (let i = at; i < at + CHARACTERS_A_TOKEN; i++)
      hash = (Math.imul(hash, 31) + (text.charCodeAt(i) || 0)) | 0;
    tokens.push((hash >>> 0) % 128_000);
  }
  return tokens;
}

serveMethods({
  listen,
  /** Engines whose caches are empty. */
  renew: ({ count, speed }: { count: number; speed: number }): void => {
    const clock = new FastClock(speed);
    models = Array.from({ length: count }, () => new EngineModel(clock));
  },
  figures: (): EngineFigures[] => models.map(({ figures }) => figures),
});
