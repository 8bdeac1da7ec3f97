import { blockHash, extraOf, rootOf } from './block-chain.js';
import type { BlockRemoved, BlockStored, EngineHash, KvEvent, Place } from './kv-event.js';

/** Where a block lies, the best place first. */
export const TIERS = ['gpu', 'host', 'external', 'disk'] as const;
export type Tier = (typeof TIERS)[number];

/** Blocks that are remembered of a worker: with blocks of 16 tokens a KV cache of 16 million tokens. */
const MAX_BLOCKS = 2 ** 20;
/** Whose blocks hold a prompt from its beginning on. Others hold the last tokens alone, or a state. */
const WHOLE_PROMPTS: readonly (string | undefined)[] = [
  undefined,
  'full_attention',
  'mla_attention',
  'sink_full_attention',
];

const ALL_TIERS = (1 << TIERS.length) - 1;
/** Beside the tiers: another block was stored after this one. */
const FOLLOWED = 1 << TIERS.length;

/** Which blocks the cache of one engine holds, by what its events say. */
export class WorkerBlocks {
  /** Tiers by own hash, a bit each, and {@link FOLLOWED}. */
  private readonly blocks = new Map<number, number>();
  /** Own hashes by the engine's: several where that block is as long as several of ours. */
  private readonly names = new Map<EngineHash, number | readonly number[]>();
  private group: number | undefined;
  private size: number | undefined;

  /**
   * @param assumed tokens of a block, until an event tells
   * @param adapters learns the names of adapters
   */
  constructor(
    private readonly assumed: number,
    private readonly adapters: Set<string> = new Set(),
  ) {}

  /** Tokens of a block. */
  get blockSize(): number {
    return this.size ?? this.assumed;
  }

  get count(): number {
    return this.blocks.size;
  }

  /** @returns where the block lies, as bits in the order of {@link TIERS}; 0 where it is not held */
  tiersOf(hash: number): number {
    return (this.blocks.get(hash) ?? 0) & ALL_TIERS;
  }

  /** @returns whether a prompt was cached that goes on after this block */
  isFollowed(hash: number): boolean {
    return ((this.blocks.get(hash) ?? 0) & FOLLOWED) !== 0;
  }

  /** @returns false for an event that cannot be placed, since an earlier one is missing */
  apply(event: KvEvent): boolean {
    if (event.type === 'BlockStored') return this.store(event);
    if (event.type === 'BlockRemoved') this.remove(event);
    else this.clear();
    return true;
  }

  clear(): void {
    this.blocks.clear();
    this.names.clear();
  }

  private store(event: BlockStored): boolean {
    const { hashes, tokens, blockSize, place } = event;
    if (!WHOLE_PROMPTS.includes(event.kind) || !this.isOurs(place)) return true;
    const bit = bitOf(place);
    if (tokens.length === 0) return hashes.every((hash) => this.spread(hash, bit));
    if (blockSize * hashes.length !== tokens.length) return true;
    this.size ??= blockSize;
    this.group ??= place.group;
    // A part of a block, or blocks across the borders of ours.
    if (blockSize % this.size !== 0) return true;
    if (event.lora !== '' && this.adapters.size < 10_000) this.adapters.add(event.lora);
    let parent = event.parent === undefined ? rootOf(event.lora) : this.lastOf(event.parent);
    if (parent === undefined) return false;
    this.mark(parent, FOLLOWED);
    for (let i = 0; i < hashes.length; i++) {
      const own = this.cut(event, i, parent);
      if (this.blocks.size + own.length > MAX_BLOCKS) return true;
      const isLast = i === hashes.length - 1;
      for (let j = 0; j < own.length; j++) {
        parent = own[j]!;
        this.hold(parent, isLast && j === own.length - 1 ? bit : bit | FOLLOWED);
      }
      this.names.set(hashes[i]!, own.length === 1 ? parent : own);
    }
    return true;
  }

  private hold(hash: number, bits: number): void {
    const marks = this.blocks.get(hash) ?? 0;
    if ((marks | bits) !== marks) this.blocks.set(hash, marks | bits);
  }

  /** @returns the own hashes of one of the event's blocks */
  private cut({ tokens, blockSize, extras }: BlockStored, index: number, parent: number): number[] {
    const size = this.size!;
    const own: number[] = [];
    const keys = extras[index];
    let extra = keys ? extraOf(keys) : 0;
    const end = (index + 1) * blockSize;
    for (let at = index * blockSize; at < end; at += size) {
      parent = blockHash(parent, tokens, [at, at + size], extra);
      own.push(parent);
      extra = 0;
    }
    return own;
  }

  /** A block that is known lies in one more place. */
  private spread(hash: EngineHash, bit: number): boolean {
    const own = this.ownOf(hash);
    for (const each of own) this.mark(each, bit);
    return own.length > 0;
  }

  private remove({ hashes, place }: BlockRemoved): void {
    if (!this.isOurs(place)) return;
    const bits = place.medium === undefined ? ALL_TIERS : bitOf(place);
    for (const hash of hashes) {
      let isHeld = false;
      for (const own of this.ownOf(hash)) {
        const left = (this.blocks.get(own) ?? 0) & ~bits;
        if ((left & ALL_TIERS) === 0) this.blocks.delete(own);
        else {
          this.blocks.set(own, left);
          isHeld = true;
        }
      }
      if (!isHeld) this.names.delete(hash);
    }
    this.sweep();
  }

  /** @returns false where there is no such block */
  private mark(hash: number, bit: number): boolean {
    const marks = this.blocks.get(hash);
    if (marks === undefined) return false;
    if ((marks & bit) === 0) this.blocks.set(hash, marks | bit);
    return true;
  }

  /** Names of blocks that went under another name. */
  private sweep(): void {
    if (this.names.size <= 2 * this.blocks.size + 1000) return;
    for (const hash of this.names.keys()) {
      if (!this.ownOf(hash).some((own) => this.blocks.has(own))) this.names.delete(hash);
    }
  }

  /** Caches of other layers hold the same prompts, and drop them at other times. */
  private isOurs({ group }: Place): boolean {
    return group === undefined || this.group === undefined || group === this.group;
  }

  private ownOf(hash: EngineHash): readonly number[] {
    const own = this.names.get(hash);
    if (own === undefined) return [];
    return typeof own === 'number' ? [own] : own;
  }

  private lastOf(hash: EngineHash): number | undefined {
    return this.ownOf(hash).at(-1);
  }
}

/** The words of vLLM and its connectors, SGLang and LMCache. */
function bitOf({ medium = 'GPU', isRemote }: Place): number {
  if (isRemote) return 1 << TIERS.indexOf('external');
  return 1 << TIERS.indexOf(TIER_OF[medium.toLowerCase()] ?? 'external');
}

const TIER_OF: Readonly<Record<string, Tier>> = {
  gpu: 'gpu',
  cuda: 'gpu',
  cpu: 'host',
  cpu_pinned: 'host',
  host: 'host',
  dram: 'host',
  storage: 'disk',
  disk: 'disk',
  fs: 'disk',
  nvme: 'disk',
};
