import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** Far more than the engines of the largest prefiller take. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** What a bootstrap server said. */
export interface BootstrapAnswer {
  readonly text: string;
  /** The connection that it came on: open as long as the server's process lives and keeps it. */
  readonly socket: Socket;
}

/** One kept-alive connection to the bootstrap server of a prefiller: plain HTTP, no redirects, no proxies. */
export class BootstrapConnection {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @param address an IP address: what is asked is what was checked, no name is resolved here */
  constructor(
    readonly address: string,
    private readonly port: number,
  ) {}

  /**
   * `GET /query`. One that meets the closing of a connection that idled is sent again on a new one.
   *
   * @throws Error of the network, for a status other than 200, for an answer that is too long; the signal's reason
   */
  async query(signal: AbortSignal): Promise<BootstrapAnswer> {
    try {
      return await this.ask(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof StaleConnectionError)) throw error;
      return this.ask(signal);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private ask(signal: AbortSignal): Promise<BootstrapAnswer> {
    const { address: host, port, agent } = this;
    return new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', 'accept-encoding': 'identity' };
      const asked = request({ host, port, path: '/query', agent, headers, signal });
      asked.on('error', (error) => {
        reject(asked.reusedSocket ? new StaleConnectionError('closed', { cause: error }) : error);
      });
      asked.once('response', (response) => {
        const { socket } = response;
        readText(response).then((text) => resolve({ text, socket }), reject);
      });
      asked.end();
    });
  }
}

class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

async function readText(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`status ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop closes the connection.
    if (size > MAX_ANSWER_BYTES) throw new Error(`more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString();
}
