import * as z from 'zod';
import { PromptReader } from '../../openai/prompt-words.js';
import { definePlugin } from '../plugin-definition.js';
import type { Producer } from '../plugin.js';
import { TOKEN_PRODUCER } from '../token-count.js';
import { EstimatedPrompt } from './estimated-prompt.js';
import { mediaTokensOf } from './media-tokens.js';
import { estimate } from './token-producer-parameters.js';

const parameters = z.strictObject({ estimate });

type Parameters = z.output<typeof parameters>;

function create(given: Parameters): Producer {
  const reader = new PromptReader(mediaTokensOf(given.estimate));
  return {
    produce: (request) => {
      if (!request.body) return;
      request.attributes.set(TOKEN_PRODUCER, new EstimatedPrompt(reader, request.body));
    },
  };
}

export const tokenProducer = definePlugin({
  type: TOKEN_PRODUCER,
  aliases: ['tokenizer'],
  kinds: ['producer'],
  summary: 'Counts the tokens of prompts.',
  parameters,
  create,
});
