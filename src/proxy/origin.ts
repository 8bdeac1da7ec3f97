import type { ConnectionOptions } from 'node:tls';

/** Where connections of one pool lead. */
export interface Origin {
  /** Names the pool: origins with equal keys share their connections. */
  readonly key: string;
  /** `host:port` for the log. */
  readonly label: string;
  /** Dialled in this order, the next one when one does not connect: IP addresses or a DNS name. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** TLS with these options (of `clientTls`); absent: plain TCP. */
  readonly tls?: ConnectionOptions;
}
