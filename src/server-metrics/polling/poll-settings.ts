import type { Engine } from '../engine.js';

/** How model servers are spoken to over TLS, in PEM. */
export interface PollTls {
  readonly insecureSkipVerify: boolean;
  readonly caCert: string | undefined;
  /** Certificate and key that we show. */
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
}

/** What polls are made of. Plain data: it goes to another thread. */
export interface PollSettings {
  /** Begins with a slash. */
  readonly path: string;
  /** Undefined: plain HTTP. */
  readonly tls: PollTls | undefined;
  /** Milliseconds between the polls of a server. */
  readonly interval: number;
  /** Milliseconds up to which the interval grows where the polls would take too much of a processor. */
  readonly longestInterval: number;
  /** Large pages are asked for by the names of what is read, where a server can do that. */
  readonly selectNames: boolean;
  /** One of them is each server's. */
  readonly engines: readonly Engine[];
}

/** A server to be polled. */
export interface PollTarget {
  /** Never that of another one, not even of one that is gone. */
  readonly id: number;
  /** An address or a name, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** Index in the settings' engines. */
  readonly engine: number;
}

/** What the polling side is told. */
export type PollCommand =
  | { readonly kind: 'add'; readonly target: PollTarget }
  | { readonly kind: 'remove'; readonly id: number };

/** What the polling side has found out since it last told. */
export interface PollReport {
  /** {@link READING_FIELDS} numbers a reading, and one more for each custom metric of any engine at most; NaN where it was not told. */
  readonly readings: Float64Array;
  /** Numbers of one reading. */
  readonly stride: number;
  /** Adapters that changed. */
  readonly lora: readonly LoraNews[];
  /** Servers that cannot be read since now, and why; undefined: they can again. */
  readonly health: readonly HealthNews[];
  /** Milliseconds between two polls of a server, as they are now. */
  readonly interval: number;
  /** Polls without a page. */
  readonly pollErrors: number;
  /** Pages that lacked something. */
  readonly extractErrors: number;
}

export interface LoraNews {
  readonly id: number;
  readonly running: string;
  readonly waiting: string;
  readonly max: number;
}

export interface HealthNews {
  readonly id: number;
  readonly reason: string | undefined;
}

/** id, milliseconds of the clock, waiting, running, part of the cache, tokens of a block, blocks. */
export const READING_FIELDS = 7;

/** @returns milliseconds that all threads of this process agree on, less those of `performance.now()` here */
export function clockOffset(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
