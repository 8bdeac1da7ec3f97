import { createServer, type AddressInfo, type Server } from 'node:net';
import type { SocketType } from './handshake.js';
import { ZmqPeer, type PeerEvents } from './zmq-peer.js';

export interface ZmqServerOptions extends PeerEvents {
  readonly type: Extract<SocketType, 'PUB' | 'ROUTER' | 'SUB'>;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Bytes of the longest message that is taken. */
  readonly maxMessageBytes: number;
  /** Above it connections are closed at once. */
  readonly maxPeers: number;
}

/** The bound end of a pattern: many peers connect to it. */
export class ZmqServer {
  private readonly connected = new Set<ZmqPeer>();
  private readonly server: Server;

  private constructor(private readonly options: ZmqServerOptions) {
    this.server = createServer((socket) => {
      if (this.connected.size >= options.maxPeers) return void socket.destroy();
      const peer = new ZmqPeer(socket, options, {
        ready: (one) => options.ready?.(one),
        message: (parts, one) => options.message(parts, one),
        closed: (reason, one) => {
          this.connected.delete(one);
          options.closed?.(reason, one);
        },
      });
      this.connected.add(peer);
    });
  }

  /** @throws the system's error when the port cannot be had: EADDRINUSE, EACCES, … */
  static async listen(options: ZmqServerOptions): Promise<ZmqServer> {
    const bound = new ZmqServer(options);
    await new Promise<void>((resolve, reject) => {
      bound.server.once('error', reject);
      bound.server.listen(options.port, options.host, () => {
        bound.server.off('error', reject);
        resolve();
      });
    });
    return bound;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Those that are connected, the handshakes under way included. */
  get peers(): ReadonlySet<ZmqPeer> {
    return this.connected;
  }

  /** Cuts all connections and frees the port. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.server.close(resolve);
    });
    for (const peer of this.connected) peer.close();
    await closed;
  }
}
