import type { Logger } from '../logging/logger.js';
import type { DnsCounters } from './moriio/peer-host.js';

/** What a connector knows of the program that it is in; the configuration of a sidecar is one. */
export interface ConnectorSite {
  /** The connector of requests that choose none. */
  readonly kvConnector: string;
  /** Where the decoder is, when it is the one beside this program. */
  readonly podIp?: string;
  /** Each request has a decoder of its own: `ConnectorRequest.decoder`. */
  readonly choosesDecoder?: boolean;
  /** Of data-parallel rank 0; the ranks of all pods are behind consecutive ports from here on. */
  readonly port: number;
  readonly dataParallelSize: number;
}

/** The program that a connector is in: where it is, and who counts and writes down what happens. */
export interface ConnectorHost {
  readonly config: ConnectorSite;
  readonly metrics: DnsCounters;
  readonly logger: Logger;
}
