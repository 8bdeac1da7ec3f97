import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from '../../config/duration.js';
import { PromptReader } from '../../openai/prompt-words.js';
import { definePlugin, type PluginTools } from '../plugin-definition.js';
import type { Producer } from '../plugin.js';
import { TOKEN_PRODUCER } from '../token-count.js';
import { EstimatedPrompt } from './estimated-prompt.js';
import { mediaTokensOf } from './media-tokens.js';
import { RenderedTokens } from './rendered-tokens.js';
import { estimate } from './token-producer-parameters.js';

const duration = z
  .string()
  .regex(DURATION_PATTERN, { error: 'is no duration such as 5s' })
  .transform((text) => parseDuration(text) ?? 0);

const vllm = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// URL' })
    .default('http://localhost:8000')
    .describe(
      'Of a vLLM that renders prompts: /v1/completions/render, /v1/chat/completions/render.',
    ),
  timeout: duration.default(5000).describe('How long it is waited for.'),
  mmTimeout: duration.default(30_000).describe('The same for prompts with media.'),
});

const parameters = z.strictObject({
  modelName: z
    .string()
    .min(1)
    .optional()
    .describe('The model that the vLLM is asked for; that of the request where it is not given.'),
  vllm: vllm
    .optional()
    .describe('Has prompts tokenized; tokens are estimated where it is not given.'),
  estimate,
  udsTokenizerConfig: z
    .undefined({ error: 'is not supported: give vllm.url, the URL of a vLLM that renders prompts' })
    .optional(),
});

type Parameters = z.output<typeof parameters>;

function create(
  { modelName, vllm: given, estimate: how }: Parameters,
  tools: PluginTools,
): Producer {
  const reader = new PromptReader(mediaTokensOf(how));
  const render = given ?? (modelName === undefined ? undefined : vllm.parse({}));
  if (render) {
    const { url, timeout, mmTimeout: mediaTimeout } = render;
    const options = { url: url.replace(/\/+$/, ''), model: modelName, timeout, mediaTimeout };
    return new RenderedTokens(options, reader, tools.logger);
  }
  return {
    produce: ({ body, attributes }) => {
      if (body) attributes.set(TOKEN_PRODUCER, new EstimatedPrompt(reader, body));
    },
  };
}

export const tokenProducer = definePlugin({
  type: TOKEN_PRODUCER,
  aliases: ['tokenizer'],
  kinds: ['producer'],
  summary: 'Counts the tokens of prompts: estimates them, or asks a vLLM.',
  parameters,
  create,
});
