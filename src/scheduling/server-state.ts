/** The LoRA adapters of a model server. */
export interface LoraState {
  /** Adapters that are loaded and running. */
  readonly running: ReadonlySet<string>;
  /** Adapters that requests wait for. */
  readonly waiting: ReadonlySet<string>;
  /** How many may be loaded at once; 0 where it is not told. */
  readonly max: number;
}

/** What a model server says of itself, as it was read last. One object an endpoint, changed in place. */
export interface ServerState {
  /** Requests that wait to be scheduled. */
  waiting: number;
  /** Requests that are being worked on. */
  running: number;
  /** Part of the KV cache that is used, from 0 to 1. */
  kvUsage: number;
  /** Tokens of a block of the KV cache; 0 where it is not told. */
  blockSize: number;
  /** Blocks of the KV cache; 0 where it is not told. */
  blocks: number;
  lora: LoraState;
  /** Further values that a configuration asks for, by their attribute. */
  custom: ReadonlyMap<string, number>;
  /** When it was read: `performance.now()`; `-Infinity` before the first time. */
  readAt: number;
}

const NO_ADAPTERS: LoraState = { running: new Set(), waiting: new Set(), max: 0 };
const NOTHING: ReadonlyMap<string, number> = new Map();

/** @returns what is known of a server that was never asked: idle, and stale */
export function unknownState(): ServerState {
  return {
    ...{ waiting: 0, running: 0, kvUsage: 0, blockSize: 0, blocks: 0 },
    ...{ lora: NO_ADAPTERS, custom: NOTHING, readAt: -Infinity },
  };
}
