import { randomUUID } from 'node:crypto';

/** A text that no cache knows yet, long enough to fill several KV blocks. */
export function freshPrompt(): string {
  const filler = 'Two machines share the work: one reads the prompt, the other writes the answer. ';
  return `${randomUUID()} ${filler.repeat(6)}Tell a story about it.`;
}

/** vLLM's own extension: the answer is as long as `max_tokens` says, whatever the model wants. */
export const FULL_LENGTH = { ignore_eos: true };
