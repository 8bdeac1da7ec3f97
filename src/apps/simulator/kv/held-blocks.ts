import type { Prompt } from '../engine/prompt.js';

interface Lease {
  readonly kv: number;
  readonly blockIds: readonly number[];
  readonly timer: NodeJS.Timeout;
}

/** What stands in the blocks that a decoder reads. */
export interface BlockContent {
  /** The fingerprint of the KV; undefined where blocks are free or belong to several prompts. */
  readonly kv: number | undefined;
  /** Whether the request that they were prefilled for is still waiting to be fetched. */
  readonly isKnownRequest: boolean;
}

/** The blocks of finished prefills, kept for their decoder until it fetched them or the lease ends. */
export class HeldBlocks {
  private readonly leases = new Map<string, Lease>();
  private readonly owner = new Map<number, Lease>();
  private lastBlock = 0;

  /**
   * @param duration milliseconds of a lease
   * @param onExpired told of each lease that ended without a fetch
   */
  constructor(
    private readonly blockSize: number,
    private readonly duration: number,
    private readonly onExpired: (requestId: string) => void,
  ) {}

  /** Blocks held now. */
  get size(): number {
    return this.owner.size;
  }

  /** @returns the ids of the blocks that now hold this prompt's KV */
  hold(requestId: string, prompt: Prompt): number[] {
    const blockIds = Array.from(
      { length: Math.ceil(prompt.tokens / this.blockSize) },
      () => ++this.lastBlock,
    );
    const timer = setTimeout(() => {
      if (this.release(requestId)) this.onExpired(requestId);
    }, this.duration);
    timer.unref();
    const lease = { kv: prompt.kv, blockIds, timer };
    this.leases.set(requestId, lease);
    for (const id of blockIds) this.owner.set(id, lease);
    return blockIds;
  }

  /** Reads blocks as a decoder does, by id, and frees those of the request it names. */
  fetch(requestId: string, blockIds: readonly number[]): BlockContent {
    const [first, ...others] = new Set(blockIds.map((id) => this.owner.get(id)));
    const whole = first !== undefined && others.length === 0;
    const kv = whole && first.blockIds.length === blockIds.length ? first.kv : undefined;
    return { kv, isKnownRequest: this.release(requestId) };
  }

  close(): void {
    for (const requestId of [...this.leases.keys()]) this.release(requestId);
  }

  /** @returns whether any were held */
  release(requestId: string): boolean {
    const lease = this.leases.get(requestId);
    if (lease === undefined) return false;
    clearTimeout(lease.timer);
    this.leases.delete(requestId);
    for (const id of lease.blockIds) this.owner.delete(id);
    return true;
  }
}
