import { Agent, request as send } from 'node:http';
import { json, events, type EngineBehaviour } from './fake-engine.js';

const KV = { do_remote_prefill: true, remote_engine_id: 'e', remote_block_ids: [1] };
const STREAM = { 'content-type': 'text/event-stream' };

/** What engines do to requests. */
const FATES: readonly EngineBehaviour[] = [
  json({ kv_transfer_params: KV, usage: { prompt_tokens: 1, completion_tokens: 1 } }),
  json({ kv_transfer_params: KV }),
  events(['{"a":1}', '[DONE]']),
  json({}, 500),
  json({}, 503),
  json({}, 429),
  json({}, 400),
  (response) => void response.socket?.resetAndDestroy(),
  (response) => {
    response.writeHead(200, STREAM).flushHeaders();
    setTimeout(() => response.socket?.destroy(), 3);
  },
  (response) => {
    response.writeHead(200, STREAM).write('data: 1\n\n');
    setTimeout(() => response.socket?.destroy(), 3);
  },
  (response) => {
    setTimeout(() => response.end('{}'), 20);
  },
  // Until somebody gives up.
  () => undefined,
];

/** Each request meets another fate, in an order that is the same each time. */
export function fateful(): EngineBehaviour {
  let met = 0;
  return (response, request) => FATES[(met++ * 7) % FATES.length]!(response, request);
}

const PATHS = ['/v1/chat/completions', '/v1/completions', '/v1/messages', '/v1/embeddings', '/any'];
const BODY = JSON.stringify({ model: 'm', prompt: 'x', messages: [], stream: true });

/**
 * Asks from so many clients at a time, of which a third leaves early.
 *
 * @returns how often each status came; 0 where no head did
 */
export async function storm(
  port: number,
  { requests, clients }: { readonly requests: number; readonly clients: number },
): Promise<Map<number, number>> {
  const agent = new Agent({ keepAlive: true });
  const seen = new Map<number, number>();
  let asked = 0;
  const client = async (): Promise<void> => {
    while (asked < requests) {
      const status = await ask(agent, port, asked++);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return seen;
}

/** @returns the status, when all is over */
function ask(agent: Agent, port: number, at: number): Promise<number> {
  return new Promise((resolve) => {
    let status = 0;
    const headers = {
      'content-type': 'application/json',
      ...(at % 2 === 0 && { 'x-prefer-pd': '1' }),
    };
    const path = PATHS[at % PATHS.length]!;
    const request = send({ agent, port, host: '127.0.0.1', method: 'POST', path, headers });
    request.on('response', (response) => {
      status = response.statusCode!;
      if (at % 6 === 1) response.once('data', () => request.destroy());
      response.on('error', () => undefined);
      response.resume();
    });
    request.on('error', () => undefined);
    request.on('close', () => resolve(status));
    request.end(BODY);
    if (at % 6 === 3) setTimeout(() => request.destroy(), at % 12);
  });
}
