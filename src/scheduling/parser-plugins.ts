import { defineJsonParser } from './parsers/json-parser.js';
import { passthroughParser } from './parsers/passthrough-parser.js';
import type { PluginDefinition } from './plugin-definition.js';

const CHAT = 'chat/completions';
const COMPLETIONS = 'completions';

const openaiParser = defineJsonParser({
  type: 'openai-parser',
  summary: "OpenAI's API, and vLLM's rendering of it.",
  paths: [
    CHAT,
    COMPLETIONS,
    'embeddings',
    'responses',
    'conversations',
    `${CHAT}/render`,
    `${COMPLETIONS}/render`,
    'images/generations',
  ],
  chats: [CHAT, `${CHAT}/render`],
  modelless: ['conversations'],
});

const anthropicParser = defineJsonParser({
  type: 'anthropic-parser',
  summary: "Anthropic's Messages API.",
  paths: ['messages', 'messages/count_tokens'],
  chats: ['messages', 'messages/count_tokens'],
});

const vllmhttpParser = defineJsonParser({
  type: 'vllmhttp-parser',
  summary: 'Tokens in, tokens out: `/inference/v1/generate` of vLLM.',
  paths: ['inference/v1/generate'],
  modelless: ['inference/v1/generate'],
});

const sglanghttpParser = defineJsonParser({
  type: 'sglanghttp-parser',
  summary: '`/generate` of SGLang.',
  paths: ['generate'],
  modelless: ['generate'],
});

/** Those that say what requests carry, by their paths. */
export const PARSER_PLUGINS: readonly PluginDefinition[] = [
  openaiParser,
  anthropicParser,
  vllmhttpParser,
  sglanghttpParser,
  passthroughParser,
];
