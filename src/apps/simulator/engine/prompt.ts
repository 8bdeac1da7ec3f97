import { Fingerprint, TextPrint } from './fingerprint.js';
import { encode, fromTokenIds, openBytes, wordsOfText } from './tokens.js';

/** What a model reads: tokens, and the fingerprints that stand for their KV. */
export interface Prompt {
  readonly tokens: number;
  /** Stands for the KV of the whole prompt: differs where the model or any token differs. */
  readonly kv: number;
  /** One for each full block: equal ones share all tokens up to there, the model and the salt. */
  readonly blocks: readonly number[];
  /** The request's `cache_salt`, '' where it has none. */
  readonly salt: string;
  /** Its tokens by id, worked out when asked for. */
  ids(): readonly number[];
  /** The same as {@link kv}, for a text that goes on. */
  print(): TextPrint;
}

/** What else than tokens makes KV. */
export interface PromptContext {
  readonly model: string;
  /** The request's `cache_salt`: requests of different salts share no cached block. */
  readonly salt: string;
  readonly blockSize: number;
}

export function promptOfText(text: string, context: PromptContext): Prompt {
  const bytes = Buffer.from(text);
  const open = [...bytes.subarray(bytes.length - (bytes.length % 4))];
  return { ...read(wordsOfText(text), open, context), ids: () => encode(text) };
}

/** @throws RangeError for ids that no text has */
export function promptOfTokenIds(ids: readonly number[], context: PromptContext): Prompt {
  return { ...read(fromTokenIds(ids), openBytes(ids.at(-1)), context), ids: () => ids };
}

/** @param open bytes of the last token where it is a short one */
function read(
  words: Uint32Array,
  open: readonly number[],
  { model, salt, blockSize }: PromptContext,
): Omit<Prompt, 'ids'> {
  const print = new Fingerprint(model);
  const cacheKey = salt === '' ? 0 : new Fingerprint(salt).value;
  const blocks: number[] = [];
  const closed = open.length > 0 ? words.length - 1 : words.length;
  let before: Fingerprint | undefined;
  for (let at = 0; at < words.length; at++) {
    if (at === closed) before = print.copy();
    print.mix(words[at]!);
    if ((at + 1) % blockSize === 0) blocks.push(print.value + cacheKey);
  }
  const start = before ?? print;
  return {
    tokens: words.length,
    kv: print.value,
    blocks,
    salt,
    print: () => new TextPrint(start.copy(), open),
  };
}
