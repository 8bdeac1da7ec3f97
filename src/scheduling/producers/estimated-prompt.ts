import type { JsonObject } from '../../openai/json-object.js';
import type { PromptReader, PromptWords } from '../../openai/prompt-words.js';
import type { TokenizedPrompt } from '../token-count.js';

/** Words that are read at once: as many as a prefix cache looks at, unless its configuration says otherwise. */
const WORDS = 131_072;

/** A prompt whose tokens are estimated: four bytes each, those of media by their kind. */
export class EstimatedPrompt implements TokenizedPrompt {
  readonly count: number;
  readonly ids: Uint32Array | undefined;
  /** What is in the reader's memory as long as that has read no other prompt. */
  private read: PromptWords;
  private generation: number;
  private most = WORDS;

  constructor(
    private readonly reader: PromptReader,
    private readonly body: JsonObject,
  ) {
    this.read = reader.read(body, WORDS);
    this.generation = reader.generation;
    const { words, count, total, areTokens } = this.read;
    this.count = total;
    this.ids = areTokens ? Uint32Array.from(words.subarray(0, count), unsigned) : undefined;
  }

  words(most: number): PromptWords {
    const isThere = this.generation === this.reader.generation;
    const isEnough = most <= this.most || this.read.count < this.most;
    if (isThere && isEnough) return this.read;
    this.read = this.reader.read(this.body, most);
    this.generation = this.reader.generation;
    this.most = most;
    return this.read;
  }
}

function unsigned(word: number): number {
  return word >>> 0;
}
