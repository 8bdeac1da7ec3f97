import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bind } from '../../../listener/bind.js';
import type { BlockContent } from './held-blocks.js';

/** What a decoder asks a prefiller for. */
export interface PullQuery {
  readonly engineId: string;
  readonly requestId: string;
  readonly blockIds: readonly number[];
}

/** The port of a simulator that others pull KV from: one JSON query and one JSON answer a POST. */
export class SideChannelServer {
  private readonly server: Server;

  /** @param answer undefined when the query is meant for another engine */
  constructor(answer: (query: PullQuery) => BlockContent | undefined) {
    this.server = createServer((request, response) => {
      void reply(request, response, answer);
    });
    // A decoder keeps its connection, and a pull that meets its closing could not be repeated: it takes the blocks.
    this.server.keepAliveTimeout = 0;
  }

  /** @returns the port @throws ListenError */
  async listen(port: number, host: string): Promise<number> {
    const address = await bind(this.server, port, host);
    return address.port;
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
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
