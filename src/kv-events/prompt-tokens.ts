import { blockHash, extraOf, rootOf } from './block-chain.js';

const NOTHING = new Float64Array(0);

/** The tokens of a prompt as engines cache them: in blocks that each stand for all before them too. */
export class PromptTokens {
  private readonly chains = new Map<string, Float64Array>();

  /**
   * @param tokens ids, in the order of the prompt
   * @param model that the request names: the model, or an adapter of it
   * @param salt `cache_salt` of the request, '' where it has none
   * @param computed how many of the last ones do not count: an engine computes the very last one whatever it holds
   */
  constructor(
    private readonly tokens: Uint32Array,
    readonly model: string,
    private readonly salt = '',
    private readonly computed = 1,
  ) {}

  get count(): number {
    return this.tokens.length;
  }

  /**
   * @param blockSize tokens of a block
   * @param lora name of the adapter, '' for the model itself
   * @returns the hashes of the whole blocks of the tokens that count
   */
  chain(blockSize: number, lora: string): Float64Array {
    const key = `${blockSize} ${lora}`;
    let chain = this.chains.get(key);
    if (!chain) this.chains.set(key, (chain = this.hashed(blockSize, lora)));
    return chain;
  }

  private hashed(blockSize: number, lora: string): Float64Array {
    const blocks = Math.floor((this.count - this.computed) / blockSize);
    if (blocks <= 0) return NOTHING;
    const hashes = new Float64Array(blocks);
    let parent = rootOf(lora);
    let extra = this.salt === '' ? 0 : extraOf([this.salt]);
    for (let i = 0; i < blocks; i++) {
      parent = blockHash(parent, this.tokens, [i * blockSize, (i + 1) * blockSize], extra);
      hashes[i] = parent;
      extra = 0;
    }
    return hashes;
  }
}
