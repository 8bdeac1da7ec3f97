import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Addresses of pods: all of them are this machine's. */
export const POD_IPS = ['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14'] as const;

/** An address that no pod has, where an engine would answer if it were asked. */
export const FOREIGN_IP = '127.0.0.99';

/** A decoder, and a prefiller at each address, all on one port. */
export class Engines {
  readonly port: number;
  /** Requests that reached the address of no pod. */
  foreign = 0;
  private readonly servers: Server[] = [];

  private constructor(port: number, decoder: Server) {
    this.port = port;
    this.servers.push(decoder);
  }

  static async start(): Promise<Engines> {
    const decoder = createServer((_, response) => answer(response));
    decoder.listen(0, '127.0.0.1');
    await once(decoder, 'listening');
    const engines = new Engines((decoder.address() as AddressInfo).port, decoder);
    for (const ip of [...POD_IPS, FOREIGN_IP]) {
      const server = createServer((_, response) => {
        if (ip === FOREIGN_IP) engines.foreign++;
        answer(response);
      });
      server.listen(engines.port, ip);
      await once(server, 'listening');
      engines.servers.push(server);
    }
    return engines;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

function answer(response: ServerResponse): void {
  const params = { remote_engine_id: 'engine', remote_block_ids: [1] };
  const body = { id: 'x', choices: [{ index: 0, text: 'x' }], kv_transfer_params: params };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(body));
}
