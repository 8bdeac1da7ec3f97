import type { ConnectionOptions } from 'node:tls';
import type { Target } from '../endpoint/target.js';
import type { Origin } from './origin.js';

/** Model servers of one pod listen on one address family or both. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;
const MAX_KEPT = 1024;

/** How the engines behind a sidecar are reached. */
export interface OriginOptions {
  /** Of data-parallel rank 0; the others follow it. */
  readonly decoderPort: number;
  /** Data-parallel ranks; 1 unless given. */
  readonly ranks?: number | undefined;
  /** TLS options of the decode leg; absent: plain. */
  readonly decoderTls?: ConnectionOptions | undefined;
  /** TLS options of prefill legs to a host, by its name or address; absent: plain. */
  readonly prefillerTls?: ((host: string) => ConnectionOptions) | undefined;
}

/** The origins of a sidecar's legs; what was parsed and checked is what is dialled. */
export class Origins {
  /** By data-parallel rank. */
  readonly decoders: readonly Origin[];
  private readonly prefillers = new Map<string, Origin>();

  constructor(private readonly options: OriginOptions) {
    const { decoderPort, ranks = 1, decoderTls } = options;
    this.decoders = Array.from({ length: ranks }, (_, rank) => {
      const port = decoderPort + rank;
      const label = `localhost:${port}`;
      const tls = decoderTls && { tls: decoderTls };
      return { key: `decoder ${label}`, label, addresses: LOOPBACK, port, ...tls };
    });
  }

  /** A name with other addresses is another origin: connections to its old ones are not used for it. */
  prefiller(target: Target): Origin {
    const { label, addresses } = target;
    const key = addresses ? `prefiller ${label} at ${addresses.join()}` : `prefiller ${label}`;
    let origin = this.prefillers.get(key);
    if (!origin) {
      origin = this.makePrefiller(key, target);
      // Clients name the targets: what is kept for them is bounded.
      if (this.prefillers.size >= MAX_KEPT) this.prefillers.clear();
      this.prefillers.set(key, origin);
    }
    return origin;
  }

  private makePrefiller(key: string, { label, host, port, addresses }: Target): Origin {
    const { prefillerTls } = this.options;
    return {
      key,
      label,
      addresses: addresses ?? [host],
      port,
      ...(prefillerTls && { tls: prefillerTls(host) }),
    };
  }
}
