import { WorkerBlocks } from './worker-blocks.js';

const NOTHING: readonly WorkerBlocks[] = [];

/** Which workers hold which blocks. Kept apart by worker, so that one is cleared without a look at the others. */
export class BlockIndex {
  private readonly workers = new Map<string, WorkerBlocks[]>();
  private readonly names = new Set<string>();

  /** @param blockSize tokens of a block, until events tell */
  constructor(private readonly blockSize = 16) {}

  /** @returns whether events spoke of an adapter of this name */
  isAdapter(name: string): boolean {
    return this.names.has(name);
  }

  /** @returns the caches behind an endpoint: one, or those of all ranks of a server that chooses among them itself */
  of(id: string): readonly WorkerBlocks[] {
    return this.workers.get(id) ?? NOTHING;
  }

  /** @param ids of the endpoints whose requests may come to this cache @returns an empty cache */
  add(...ids: readonly string[]): WorkerBlocks {
    const blocks = new WorkerBlocks(this.blockSize, this.names);
    for (const id of ids) this.workers.set(id, [...this.of(id), blocks]);
    return blocks;
  }

  remove(blocks: WorkerBlocks): void {
    for (const [id, all] of this.workers) {
      const others = all.filter((each) => each !== blocks);
      if (others.length === 0) this.workers.delete(id);
      else if (others.length < all.length) this.workers.set(id, others);
    }
  }

  /** Blocks that are known, of all workers. */
  get count(): number {
    const caches = new Set([...this.workers.values()].flat());
    return [...caches].reduce((sum, { count }) => sum + count, 0);
  }
}
