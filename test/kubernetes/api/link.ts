import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to the API server that can be cut without touching the server. */
export class Link {
  private readonly to: number;
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private knownPort = 0;

  private constructor(to: number) {
    this.to = to;
  }

  /** @param to the port that it leads to */
  static async open(to: number): Promise<Link> {
    const link = new Link(to);
    await link.mend();
    return link;
  }

  get port(): number {
    return this.knownPort;
  }

  /** Lets nothing through the connections that are there any more; they stay open, and new ones work. */
  mute(): void {
    for (const socket of this.sockets) socket.unpipe().pause();
  }

  /** Breaks off all connections and refuses new ones. */
  async cut(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async mend(): Promise<void> {
    const server = createServer((near) => {
      const far = connect(this.to, '127.0.0.1');
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          this.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    server.listen(this.knownPort, '127.0.0.1');
    await once(server, 'listening');
    this.knownPort = (server.address() as AddressInfo).port;
    this.server = server;
  }
}
