import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/**
 * A Service as kube-proxy plays it: each new connection goes to one of the pods that are its endpoints at that moment, and
 * stays there, also when the pod is no endpoint any more.
 */
export class FakeService {
  /** Ports of pods. */
  endpoints: readonly number[] = [];
  private next = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.serve(client));
  }

  static async start(): Promise<FakeService> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FakeService(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(client: Socket): void {
    const port = this.endpoints[this.next++ % this.endpoints.length];
    if (port === undefined) return void client.resetAndDestroy();
    const pod = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    client.pipe(pod).pipe(client);
    for (const [one, other] of [
      [client, pod],
      [pod, client],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => other.resetAndDestroy());
      one.on('close', () => this.sockets.delete(one));
    }
  }
}
