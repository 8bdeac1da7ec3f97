import type { InferenceRequest } from './inference-request.js';

/** The producer that counts the tokens of prompts. */
export const TOKEN_PRODUCER = 'token-producer';

/** What a prompt is in tokens. The producer leaves it in `request.attributes` under its type, whatever its name. */
export interface TokenizedPrompt {
  readonly count: number;
}

/** Bytes of a token of common text, nearly. */
const BYTES_A_TOKEN = 4;

/** @returns tokens of the prompt: counted where a producer did, else estimated of its text */
export function tokenCount(request: InferenceRequest): number {
  const prompt = request.attributes.get(TOKEN_PRODUCER) as TokenizedPrompt | undefined;
  return prompt ? prompt.count : Math.ceil(request.text.length / BYTES_A_TOKEN);
}
