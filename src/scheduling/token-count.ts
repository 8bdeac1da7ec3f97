import type { PromptWords } from '../openai/prompt-words.js';
import type { InferenceRequest } from './inference-request.js';

/** The producer that counts the tokens of prompts. */
export const TOKEN_PRODUCER = 'token-producer';

/** What a prompt is in tokens. The producer leaves it in `request.attributes` under its type, whatever its name. */
export interface TokenizedPrompt {
  readonly count: number;
  /** Their ids, where they are known and not estimated. */
  readonly ids: Uint32Array | undefined;
  /**
   * What can be hashed in place of tokens: their ids, or as many words of the text.
   *
   * @param most words that are wanted
   * @returns words that are valid until the end of the turn, or until another prompt is read
   */
  words(most: number): PromptWords;
}

/** Bytes of a token of common text, nearly. */
export const BYTES_A_TOKEN = 4;

/** @returns tokens of so many bytes that nobody has counted */
export function estimatedTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_A_TOKEN);
}

/** @returns what the producer has left; undefined where there was none, or the request has no body that can be read */
export function tokenizedPrompt(request: InferenceRequest): TokenizedPrompt | undefined {
  return request.attributes.get(TOKEN_PRODUCER) as TokenizedPrompt | undefined;
}

/** @returns tokens of the prompt: counted where a producer did, else estimated of its text */
export function tokenCount(request: InferenceRequest): number {
  const prompt = tokenizedPrompt(request);
  return prompt ? prompt.count : estimatedTokens(request.text.length);
}
