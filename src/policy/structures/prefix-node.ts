import { RecencyList, type Linked } from './recency-list.js';
import { Member } from './roster.js';
import { unitsOf } from './text-chunks.js';
import { WideMap } from './wide-map.js';

/** A node counts as so many UTF-16 units beside those it stands for, since it takes as much memory as their hashes. */
export const NODE_UNITS = 512;

/** That somebody holds a node. */
export interface Hold extends Linked<Hold> {
  readonly node: PrefixNode;
  readonly holder: Holder;
}

/** Whose texts stand in a tree; its nodes alone write these. */
export class Holder extends Member {
  /** Sum of {@link PrefixNode.size} of what it holds. */
  size = 0;
  /** A node is newer than those below it: the oldest one is a leaf among those held. */
  readonly held = new RecencyList<Hold>();
}

/** A stretch of one or more texts, between two points where texts part or end. */
export class PrefixNode {
  /** An array that is grown has room for 16 more: most nodes have one holder and a literal of it. */
  private list: Hold[] = [];
  /** A text has ended with its last chunk. */
  isEnd = false;
  private children: WideMap<PrefixNode> | undefined;

  /** @param start chunks above it @param hashes of its own chunks; none at the root alone */
  private constructor(
    private above: PrefixNode | undefined,
    private from: number,
    private hashes: readonly number[],
  ) {}

  static root(): PrefixNode {
    return new PrefixNode(undefined, 0, []);
  }

  /** One for each holder. */
  get holds(): readonly Hold[] {
    return this.list;
  }

  /** Undefined for the root. */
  get parent(): PrefixNode | undefined {
    return this.above;
  }

  /** Nodes right below it. */
  get branches(): number {
    return this.children?.size ?? 0;
  }

  /** Chunks of a text above this node. */
  get start(): number {
    return this.from;
  }

  /** Chunks in this node. */
  get length(): number {
    return this.hashes.length;
  }

  /** What it counts as, in UTF-16 units. */
  get size(): number {
    return unitsOf(this.from + this.length) - unitsOf(this.from) + NODE_UNITS;
  }

  /** @param hash of the chunk that follows this node */
  childAt(hash: number): PrefixNode | undefined {
    return this.children?.get(hash);
  }

  /** @returns how many chunks of this node are those of a text from `at` on */
  common(text: Int32Array, at: number, end: number): number {
    const { hashes } = this;
    const most = Math.min(hashes.length, end - at);
    let common = 0;
    while (common < most && hashes[common] === text[at + common]) common++;
    return common;
  }

  /** @returns a new node below this one with the chunks of a text from `at` on */
  addLeaf(text: Int32Array, at: number, end: number): PrefixNode {
    const leaf = new PrefixNode(this, at, Array.from(text.subarray(at, end)));
    return this.adopt(leaf);
  }

  /** @returns a new node above this one with its first chunks, held by the same */
  split(length: number): PrefixNode {
    const upper = new PrefixNode(this.above, this.from, this.hashes.slice(0, length));
    this.above!.adopt(upper);
    this.above = upper;
    this.from += length;
    this.hashes = this.hashes.slice(length);
    upper.adopt(this);
    for (const hold of this.list) {
      hold.holder.size += NODE_UNITS;
      upper.addHold(hold.holder, hold);
    }
    return upper;
  }

  isHeldBy(holder: Holder): boolean {
    return this.holdOf(holder) !== undefined;
  }

  /** The holder has used it now. */
  take(holder: Holder): void {
    const hold = this.holdOf(holder);
    if (hold) {
      holder.held.touch(hold);
    } else {
      holder.size += this.size;
      this.addHold(holder, holder.held.newest);
    }
  }

  /** Its holder holds it no more; it goes with its last holder. @param hold one with no node below it that is held */
  static release(hold: Hold): void {
    const { node, holder } = hold;
    holder.size -= node.size;
    holder.held.remove(hold);
    const last = node.list.pop()!;
    if (last !== hold) node.list[node.list.indexOf(hold)] = last;
    if (node.list.length === 0) node.above!.disown(node);
  }

  private holdOf(holder: Holder): Hold | undefined {
    for (const hold of this.list) if (hold.holder === holder) return hold;
    return undefined;
  }

  private addHold(holder: Holder, below: Hold | undefined): void {
    const hold = { node: this, holder, newer: undefined, older: undefined };
    if (this.list.length === 0) this.list = [hold];
    else this.list.push(hold);
    holder.held.add(hold, below);
  }

  private adopt(child: PrefixNode): PrefixNode {
    this.children ??= new WideMap();
    this.children.set(child.hashes[0]!, child);
    return child;
  }

  private disown(child: PrefixNode): void {
    this.children!.delete(child.hashes[0]!);
    if (this.children!.size === 0) this.children = undefined;
  }
}
