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
  /** The same of requests to encoders. */
  readonly encoderTls?: ((host: string) => ConnectionOptions) | undefined;
}

/** The origins of a sidecar's legs; what was parsed and checked is what is dialled. */
export class Origins {
  /** By data-parallel rank. */
  readonly decoders: readonly Origin[];
  private readonly named = new Map<string, Origin>();

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
    return this.originOf('prefiller', target, this.options.prefillerTls);
  }

  /** As {@link prefiller}. One engine may be both, spoken to in different ways. */
  encoder(target: Target): Origin {
    return this.originOf('encoder', target, this.options.encoderTls);
  }

  private originOf(role: string, target: Target, tlsFor: OriginOptions['prefillerTls']): Origin {
    const { label, host, port, addresses } = target;
    const key = addresses ? `${role} ${label} at ${addresses.join()}` : `${role} ${label}`;
    let origin = this.named.get(key);
    if (!origin) {
      const tls = tlsFor && { tls: tlsFor(host) };
      origin = { key, label, addresses: addresses ?? [host], port, ...tls };
      // Clients name the targets: what is kept for them is bounded.
      if (this.named.size >= MAX_KEPT) this.named.clear();
      this.named.set(key, origin);
    }
    return origin;
  }
}
