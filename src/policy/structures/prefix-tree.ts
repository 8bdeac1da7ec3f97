import { PrefixNode, type Holder } from './prefix-node.js';
import type { TextChunks } from './text-chunks.js';

/**
 * Nodes that go at once, at most: a stop of two milliseconds. The longest text makes room for itself with so many, even
 * where all others are short.
 */
const MAX_RELEASES = 8192;

/** Nodes of those who leave that go with each text. */
const RELEASES_A_TEXT = 16;

/** Where more texts than these go on differently, the text before them is no conversation but what many begin with. */
const MAX_FORKS = 4;

/** How far a text is known. */
export interface Match {
  /** The last node reached; the root where nothing is known. */
  readonly node: PrefixNode;
  /** Chunks of the text that are known; the last of them may be but some of the node's. */
  readonly chunks: number;
  /** It goes on where an earlier text ended, as the next turn of a conversation does; or it is that text again. */
  readonly continues: boolean;
}

/**
 * A radix tree of the beginnings of texts, as hashes of their chunks. Each node knows who holds it; who holds a node
 * holds all those above it. Of each holder the texts used longest ago go first when there are too many.
 */
export class PrefixTree {
  private readonly root = PrefixNode.root();
  private readonly leaving: Holder[] = [];

  /** Takes time in proportion to the text, whatever the tree holds. */
  match({ hashes, count }: TextChunks): Match {
    let node = this.root;
    let chunks = 0;
    while (chunks < count) {
      const child = node.childAt(hashes[chunks]!);
      if (!child) break;
      const common = child.common(hashes, chunks, count);
      chunks += common;
      node = child;
      if (common < child.length) break;
    }
    const isWhole = chunks === node.start + node.length;
    return { node, chunks, continues: isWhole && node.isEnd && node.branches <= MAX_FORKS };
  }

  /**
   * Notes that somebody holds a text.
   *
   * @param limit what the holder may hold, as {@link PrefixTree.shrink} has it
   */
  insert(text: TextChunks, holder: Holder, limit: number): void {
    // From the leaf to the root: those above are newer.
    const last = this.reach(text, holder);
    if (last.start + last.length === text.count) last.isEnd = true;
    for (let node = last; node.parent; node = node.parent) node.take(holder);
    this.shrink(holder, limit);
    this.sweep(RELEASES_A_TEXT);
  }

  /** What was used longest ago goes until the holder's size is at most `limit`, thousands of nodes a call. */
  shrink(holder: Holder, limit: number, most = MAX_RELEASES): void {
    for (let left = most; left > 0 && holder.size > limit; left--) {
      PrefixNode.release(holder.held.oldest!);
    }
  }

  /** What it holds goes little by little, with the next texts and {@link PrefixTree.tidy}: it may be a lot. */
  leave(holder: Holder): void {
    if (holder.size > 0) this.leaving.push(holder);
  }

  tidy(): void {
    this.sweep(MAX_RELEASES);
  }

  private sweep(most: number): void {
    const holder = this.leaving.at(-1);
    if (!holder) return;
    this.shrink(holder, 0, most);
    if (holder.size === 0) this.leaving.pop();
  }

  /** @returns the node that ends where the text does; it and those above it are made where they are missing */
  private reach({ hashes, count }: TextChunks, holder: Holder): PrefixNode {
    let node = this.root;
    for (let at = 0; at < count;) {
      const child = node.childAt(hashes[at]!);
      if (!child) return node.addLeaf(hashes, at, count);
      const common = child.common(hashes, at, count);
      at += common;
      // Who holds the whole node holds its beginning: no need to part it.
      if (at === count && child.isHeldBy(holder)) return child;
      node = common < child.length ? child.split(common) : child;
    }
    return node;
  }
}
