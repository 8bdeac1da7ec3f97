import type { PoolChange, PoolPod, PoolSnapshot } from './inference-pool.js';
import { samePod } from './objects/pod.js';

/** What a pool selects, kept by its changes: each costs what the pods cost that it names, however many there are. */
export class PoolState {
  private readonly pods = new Map<string, PoolPod>();
  private targetPorts: readonly number[] = [];
  private lastNumber = 0;
  private made: PoolSnapshot | undefined;

  /** Of the last change; 0 before the first. */
  get number(): number {
    return this.lastNumber;
  }

  /** There was a first change, though it may have brought nothing. */
  get isRead(): boolean {
    return this.lastNumber > 0;
  }

  /** How many pods there are. */
  get size(): number {
    return this.pods.size;
  }

  /** Made when it is asked for, once after each change; undefined before the first. */
  get snapshot(): PoolSnapshot | undefined {
    if (!this.isRead) return undefined;
    this.made ??= Object.freeze({
      number: this.lastNumber,
      pods: [...this.pods.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
      targetPorts: this.targetPorts,
    });
    return this.made;
  }

  /** These are all pods now. @returns as {@link update} does */
  replace(
    pods: ReadonlyMap<string, PoolPod>,
    targetPorts: readonly number[],
  ): PoolChange | undefined {
    return this.update(new Set([...this.pods.keys(), ...pods.keys()]), pods, targetPorts);
  }

  /**
   * Pods of these names are now those of `pods`, or gone where they are not in there; others stay.
   *
   * @returns what is different from before; undefined when nothing is, and this is not the first time
   */
  update(
    names: Iterable<string>,
    pods: ReadonlyMap<string, PoolPod>,
    targetPorts: readonly number[],
  ): PoolChange | undefined {
    const removed: PoolPod[] = [];
    const added: PoolPod[] = [];
    for (const name of names) {
      const before = this.pods.get(name);
      const after = pods.get(name);
      if (before && after && samePod(before, after)) continue;
      if (before) removed.push(before);
      if (after) added.push(after);
      if (after) this.pods.set(name, after);
      else this.pods.delete(name);
    }
    const isSame = removed.length + added.length === 0 && samePorts(targetPorts, this.targetPorts);
    if (this.isRead && isSame) return undefined;
    this.targetPorts = targetPorts;
    this.made = undefined;
    return { number: ++this.lastNumber, removed, added, targetPorts };
  }

  /** Is now what another one was. @returns as {@link update} does, with the number of the snapshot */
  adopt({ number, pods, targetPorts }: PoolSnapshot): PoolChange | undefined {
    const change = this.replace(new Map(pods.map((pod) => [pod.name, pod])), targetPorts);
    this.lastNumber = number;
    this.made = undefined;
    return change && { ...change, number };
  }
}

function samePorts(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((port, i) => port === b[i]);
}
