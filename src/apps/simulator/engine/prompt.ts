import { encode, fromTokenIds, wordsOfText } from './tokens.js';

/** Two lanes of 32 bits that mix one word after another; together they name all words so far. */
class Fingerprint {
  private low: number;
  private high: number;

  constructor(salt: string) {
    this.low = 0x811c9dc5;
    this.high = 0x9747b28c;
    for (const byte of Buffer.from(salt)) this.mix(byte);
  }

  mix(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.low ^= this.low >>> 15;
    this.high = Math.imul((this.high + word) ^ (this.high >>> 13), 0x5bd1e995);
  }

  /** Below 2^53. */
  get value(): number {
    return (this.low >>> 0) * 0x200000 + ((this.high >>> 0) & 0x1fffff);
  }
}

/** What a model reads: tokens, and the fingerprints that stand for their KV. */
export interface Prompt {
  readonly tokens: number;
  /** Stands for the KV of the whole prompt: differs where the model or any token differs. */
  readonly kv: number;
  /** One for each full block: equal ones share all tokens up to there, the model and the salt. */
  readonly blocks: readonly number[];
  /** Its tokens by id, worked out when asked for. */
  ids(): readonly number[];
}

/** What else than tokens makes KV. */
export interface PromptContext {
  readonly model: string;
  /** The request's `cache_salt`: requests of different salts share no cached block. */
  readonly salt: string;
  readonly blockSize: number;
}

export function promptOfText(text: string, context: PromptContext): Prompt {
  return { ...read(wordsOfText(text), context), ids: () => encode(text) };
}

/** @throws RangeError for ids that no text has */
export function promptOfTokenIds(ids: readonly number[], context: PromptContext): Prompt {
  return { ...read(fromTokenIds(ids), context), ids: () => ids };
}

function read(words: Uint32Array, { model, salt, blockSize }: PromptContext): Omit<Prompt, 'ids'> {
  const print = new Fingerprint(model);
  const cacheKey = salt === '' ? 0 : new Fingerprint(salt).value;
  const blocks: number[] = [];
  for (let at = 0; at < words.length; at++) {
    print.mix(words[at]!);
    if ((at + 1) % blockSize === 0) blocks.push(print.value + cacheKey);
  }
  return { tokens: words.length, kv: print.value, blocks };
}
