/** How the bench's two engines answer until the next change. */
export interface Behaviour {
  /** Tokens of a streamed answer. */
  tokens: number;
  /** Tokens a second and stream; 0: blocks of tokens, as fast as the sockets take them. */
  rate: number;
  /** Streams stop after their first token and wait for `release`. */
  hold: boolean;
  /** The prefill engine never answers (for aborts during prefill). */
  hangPrefill: boolean;
  /** Requests carry a marker each, and the engine notes when its connection closes. */
  markers: boolean;
  /** Every request is parsed and checked in full, and its digest kept (slow: for untimed samples). */
  sample: boolean;
}

/** An engine that answers at once with one short document. */
export const PLAIN: Behaviour = {
  tokens: 16,
  rate: 0,
  hold: false,
  hangPrefill: false,
  markers: false,
  sample: false,
};

/** What one fully checked request looked like; `problems` is empty when all was right. */
export interface Sample {
  leg: 'prefill' | 'decode';
  digest: string;
  /** Digest of the body as it came, byte for byte. */
  bytes: string;
  problems: string[];
}

/** What the engines have counted since the last reset. */
export interface Counts {
  prefills: number;
  /** Decode requests that brought the parameters of exactly one earlier prefill. */
  decodes: number;
  /** Requests at the decode engine without transfer parameters. */
  passed: number;
  /** Prefill requests without the remote-decode parameters. */
  badPrefills: number;
  /** Decode requests with parameters that were never handed out, or were used before. */
  badDecodes: number;
  /** Tokens written to streams. */
  tokens: number;
  /** Streams open now. */
  streams: number;
  samples: Sample[];
}

/**
 * When an engine saw the connection of each marked request close, in monotonic milliseconds; 0 while it
 * is open. A request that never reached an engine is not in it.
 */
export type Closures = Record<string, number>;
