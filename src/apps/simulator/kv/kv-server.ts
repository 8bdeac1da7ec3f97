import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { bind } from '../../../listener/bind.js';

/** A port of a simulator that other simulators fetch KV from. */
export class KvServer {
  private readonly server: Server;

  constructor(answer: RequestListener) {
    this.server = createServer(answer);
    // Who fetches keeps its connection, and a request that meets its closing could not be repeated: it takes the KV.
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
