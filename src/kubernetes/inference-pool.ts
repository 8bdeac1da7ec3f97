/** The pool that is watched. */
export interface WatchedPool {
  readonly namespace: string;
  readonly name: string;
  /** API group; unset: the known ones in turn, newest first. */
  readonly group?: string;
  /** Version of the group; unset: the one that the group is known by. */
  readonly version?: string;
}

/** What only those need of a pod who choose among pods. */
export interface PodDetails {
  /** Another one is another process, whose cache is empty: it changes when a container was started again. */
  readonly incarnation: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The target ports at which it serves, by its annotation; undefined: all. */
  readonly activePorts: readonly number[] | undefined;
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
  /** Undefined where they were not asked for. */
  readonly details?: PodDetails | undefined;
}

/** What a pool selects at one time. Immutable. */
export interface PoolSnapshot {
  /** Of the last change that is in it. */
  readonly number: number;
  /** Pods that are selected, are neither Succeeded nor Failed nor being deleted, and have an address; by name. */
  readonly pods: readonly PoolPod[];
  /** Ports that the pool's endpoints serve on. */
  readonly targetPorts: readonly number[];
}

/** What became different at one time. Immutable. */
export interface PoolChange {
  /** One more than that of the change before; the first one is 1. */
  readonly number: number;
  /** As they were: pods that went, and those in whose place one of the same name is added. */
  readonly removed: readonly PoolPod[];
  /** As they are: pods that are new, or different from before. */
  readonly added: readonly PoolPod[];
  /** All that there are now. */
  readonly targetPorts: readonly number[];
}

/** Gets changes of a pool. */
export type PoolListener = (change: PoolChange) => void;

/**
 * Knows at any time what an InferencePool selects; this class is also the injection token.
 *
 * Who keeps something for each pod follows the changes, each of which costs what its pods cost; a snapshot costs what
 * all pods cost.
 */
export abstract class PoolSource {
  /** The pool and its pods were read for the first time. */
  abstract readonly isRead: boolean;

  /** Undefined until the pool is read. Made when it is asked for, once after each change. */
  abstract readonly snapshot: PoolSnapshot | undefined;

  /** Milliseconds since the API server last proved that what is known is current; undefined until it is read. */
  abstract readonly ageMs: number | undefined;

  /** Why the pool is not read, or not current; for one log line. Undefined when all is well. */
  abstract readonly lastError: string | undefined;

  /**
   * @param listener is called with every change, in the turn in which it takes place: nobody sees half of one
   * @returns a function that ends the calls
   */
  abstract subscribe(listener: PoolListener): () => void;

  /** As {@link subscribe}, but first with all that is there, as one change, where the pool is read already. */
  follow(listener: PoolListener): () => void {
    const { snapshot } = this;
    if (!snapshot) return this.subscribe(listener);
    const { number: known, pods, targetPorts } = snapshot;
    listener({ number: known, removed: [], added: pods, targetPorts });
    // Who begins while a change is being told has it already.
    return this.subscribe((change) => {
      if (change.number > known) listener(change);
    });
  }
}

/** No pool is watched. */
export class NoPool extends PoolSource {
  readonly isRead = false;
  readonly snapshot = undefined;
  readonly ageMs = undefined;
  readonly lastError = undefined;

  subscribe(): () => void {
    return () => undefined;
  }
}
