import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BlockContent } from './held-blocks.js';
import { KvServer } from './kv-server.js';

/** What a decoder asks a prefiller for. */
export interface PullQuery {
  readonly engineId: string;
  readonly requestId: string;
  readonly blockIds: readonly number[];
}

/** The port of a simulator that others pull KV from: one JSON query and one JSON answer a POST. */
export class SideChannelServer extends KvServer {
  /** @param answer undefined when the query is meant for another engine */
  constructor(answer: (query: PullQuery) => BlockContent | undefined) {
    super((request, response) => {
      void reply(request, response, answer);
    });
  }
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (query: PullQuery) => BlockContent | undefined,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const content = answer(JSON.parse(Buffer.concat(chunks).toString()) as PullQuery);
    response.statusCode = content === undefined ? 409 : 200;
    response.end(JSON.stringify(content ?? { error: 'engine id mismatch' }));
  } catch {
    response.destroy();
  }
}
