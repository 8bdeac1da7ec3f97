/** Requests whose answers were recorded from vLLM; `record.mjs` sends them again. */
export interface RecordedRequest {
  readonly name: string;
  readonly path: string;
  /** Sent as it is; objects as JSON. */
  readonly body: unknown;
  readonly contentType?: string;
  /** Whether the answer is compared to the letter, and not by its shape. */
  readonly exact?: boolean;
}

const CHAT = '/v1/chat/completions';
const messages = [
  { role: 'user', content: 'hello there you and me and everybody else in this room' },
];
const chat = { model: 'tiny', messages, max_tokens: 3, temperature: 0 };
const completion = {
  model: 'tiny',
  prompt: 'hello there my friend',
  max_tokens: 3,
  temperature: 0,
};
const response = {
  model: 'tiny',
  input: 'hello there my friend',
  max_output_tokens: 3,
  temperature: 0,
};
const generate = {
  model: 'tiny',
  token_ids: [1, 2, 3, 4, 5],
  sampling_params: { max_tokens: 3, temperature: 0 },
};
const usage = { stream: true, stream_options: { include_usage: true } };
const continuous = {
  stream: true,
  stream_options: { include_usage: true, continuous_usage_stats: true },
};
const remoteDecode = {
  kv_transfer_params: {
    do_remote_decode: true,
    do_remote_prefill: false,
    remote_engine_id: null,
    remote_block_ids: null,
    remote_host: null,
    remote_port: null,
  },
};

const answers: readonly RecordedRequest[] = [
  { name: 'chat', path: CHAT, body: chat },
  { name: 'chat stream', path: CHAT, body: { ...chat, stream: true } },
  { name: 'chat stream with usage', path: CHAT, body: { ...chat, ...usage } },
  { name: 'chat stream with continuous usage', path: CHAT, body: { ...chat, ...continuous } },
  {
    name: 'chat with token ids',
    path: CHAT,
    body: { ...chat, return_token_ids: true, stream: true },
  },
  { name: 'completions', path: '/v1/completions', body: completion },
  { name: 'completions stream', path: '/v1/completions', body: { ...completion, stream: true } },
  {
    name: 'completions stream with usage',
    path: '/v1/completions',
    body: { ...completion, ...usage },
  },
  { name: 'two prompts', path: '/v1/completions', body: { ...completion, prompt: ['one', 'two'] } },
  { name: 'two samples', path: '/v1/completions', body: { ...completion, temperature: 1, n: 2 } },
  { name: 'responses', path: '/v1/responses', body: response },
  { name: 'responses stream', path: '/v1/responses', body: { ...response, stream: true } },
  { name: 'messages', path: '/v1/messages', body: chat },
  { name: 'messages stream', path: '/v1/messages', body: { ...chat, stream: true } },
  {
    name: 'messages counted',
    path: '/v1/messages/count_tokens',
    body: { model: 'tiny', messages },
  },
  { name: 'generate', path: '/inference/v1/generate', body: generate },
  { name: 'generate stream', path: '/inference/v1/generate', body: { ...generate, ...usage } },
  { name: 'tokenize', path: '/tokenize', body: { model: 'tiny', prompt: 'hello there' } },
  { name: 'prefill chat', path: CHAT, body: { ...chat, max_tokens: 1, ...remoteDecode } },
  { name: 'prefill chat of three tokens', path: CHAT, body: { ...chat, ...remoteDecode } },
  { name: 'prefill chat stream', path: CHAT, body: { ...chat, ...usage, ...remoteDecode } },
  {
    name: 'prefill completions',
    path: '/v1/completions',
    body: { ...completion, ...remoteDecode },
  },
  { name: 'prefill responses', path: '/v1/responses', body: { ...response, ...remoteDecode } },
  {
    name: 'prefill messages',
    path: '/v1/messages',
    body: { ...chat, max_tokens: 1, ...remoteDecode },
  },
  {
    name: 'prefill generate',
    path: '/inference/v1/generate',
    body: { ...generate, ...remoteDecode },
  },
];

const refusals: readonly Omit<RecordedRequest, 'exact'>[] = [
  { name: 'unknown model', path: CHAT, body: { ...chat, model: 'nope' } },
  { name: 'unknown model for messages', path: '/v1/messages', body: { ...chat, model: 'nope' } },
  { name: 'broken JSON', path: CHAT, body: '{"model":"tiny",' },
  { name: 'no JSON', path: CHAT, body: 'hello' },
  { name: 'no body', path: CHAT, body: '' },
  { name: 'null', path: CHAT, body: 'null' },
  { name: 'an array', path: CHAT, body: '[]' },
  { name: 'a string', path: CHAT, body: '"x"' },
  { name: 'another media type', path: CHAT, body: chat, contentType: 'text/plain' },
  { name: 'no messages', path: CHAT, body: { model: 'tiny' } },
  { name: 'empty messages', path: CHAT, body: { model: 'tiny', messages: [] } },
  { name: 'messages of a wrong type', path: CHAT, body: { model: 'tiny', messages: 'hi' } },
  { name: 'a limit of a wrong type', path: CHAT, body: { ...chat, max_tokens: 'many' } },
  { name: 'a stream of a wrong type', path: CHAT, body: { ...chat, stream: 'maybe' } },
  { name: 'two wrong types', path: CHAT, body: { ...chat, max_tokens: 1.5, stream: 'maybe' } },
  { name: 'a limit of 0', path: CHAT, body: { ...chat, max_tokens: 0 } },
  { name: 'min above max', path: CHAT, body: { ...chat, max_tokens: 1, min_tokens: 5 } },
  { name: 'a limit above the model', path: CHAT, body: { ...chat, max_tokens: 5000 } },
  {
    name: 'a completion limit above the model',
    path: CHAT,
    body: { ...chat, max_completion_tokens: 5000 },
  },
  {
    name: 'stream options without a stream',
    path: CHAT,
    body: { ...chat, stream_options: { include_usage: true } },
  },
  { name: 'a negative temperature', path: CHAT, body: { ...chat, temperature: -1 } },
  { name: 'top_p above 1', path: CHAT, body: { ...chat, top_p: 2 } },
  { name: 'n of 0', path: CHAT, body: { ...chat, n: 0 } },
  { name: 'greedy samples', path: CHAT, body: { ...chat, n: 2 } },
  { name: 'no prompt', path: '/v1/completions', body: { model: 'tiny' } },
  {
    name: 'transfer parameters of a wrong type',
    path: CHAT,
    body: { ...chat, kv_transfer_params: 'x' },
  },
  { name: 'messages without a limit', path: '/v1/messages', body: { model: 'tiny', messages } },
  { name: 'broken JSON for messages', path: '/v1/messages', body: '{"model":' },
  { name: 'no token ids', path: '/inference/v1/generate', body: { ...generate, token_ids: [] } },
  { name: 'missing token ids', path: '/inference/v1/generate', body: { sampling_params: {} } },
  { name: 'an unknown path', path: '/v1/nope', body: {} },
];

export const REQUESTS: readonly RecordedRequest[] = [
  ...answers,
  ...refusals.map((refusal) => ({ ...refusal, exact: true })),
];
