/** The pool that is watched. */
export interface WatchedPool {
  readonly namespace: string;
  readonly name: string;
  /** API group; unset: the known ones in turn, newest first. */
  readonly group?: string;
  /** Version of the group; unset: the one that the group is known by. */
  readonly version?: string;
}

/** A pod that a pool selects. */
export interface PoolPod {
  readonly name: string;
  readonly uid: string;
  /** All its addresses, at least one, in the spelling of `canonicalIp`. */
  readonly ips: readonly string[];
  /** Its condition Ready is True. */
  readonly ready: boolean;
  /** Its addresses are the node's: other processes answer there too. */
  readonly hostNetwork: boolean;
  /** Value of the label `llm-d.ai/role`. */
  readonly role: string | undefined;
}

/** What a pool selects at one time. Immutable: replaced whole. */
export interface PoolSnapshot {
  /** Pods that are selected, are neither Succeeded nor Failed nor being deleted, and have an address. */
  readonly pods: readonly PoolPod[];
  /** Ports that the pool's endpoints serve on. */
  readonly targetPorts: readonly number[];
}

/** Knows at any time what an InferencePool selects; this class is also the injection token. */
export abstract class PoolSource {
  /** Undefined until the pool and its pods were read for the first time. */
  abstract readonly snapshot: PoolSnapshot | undefined;

  /** Milliseconds since the API server last proved that the snapshot is current; undefined until then. */
  abstract readonly ageMs: number | undefined;

  /** Why there is no snapshot, or no current one; for one log line. Undefined when all is well. */
  abstract readonly lastError: string | undefined;

  /**
   * @param listener is called with every new snapshot, not with the present one
   * @returns a function that ends the calls
   */
  abstract subscribe(listener: (snapshot: PoolSnapshot) => void): () => void;
}

/** No pool is watched. */
export class NoPool extends PoolSource {
  readonly snapshot = undefined;
  readonly ageMs = undefined;
  readonly lastError = undefined;

  subscribe(): () => void {
    return () => undefined;
  }
}
