import { deepEqual, equal, match, ok } from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import type { Target } from '../check.js';
import { freshPrompt, FULL_LENGTH } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { collect } from './collect.js';
import { trusting } from './trusting.js';
import { WEATHER_OF_MESSAGES, WEATHER_PARAMETERS } from './weather-tool.js';

export const ANTHROPIC_CHECKS: CheckFunctions = {
  messages: async (target) => {
    const answer = await anthropic(target).messages.create(requestFor(target));
    equal(answer.type, 'message');
    const [block] = answer.content;
    ok(block?.type === 'text' && block.text);
    hasLength(answer.usage);
    ok((answer.usage.cache_read_input_tokens ?? 0) < answer.usage.input_tokens / 2);
    ok(answer._request_id === undefined || answer._request_id === null);
  },

  'messages, streamed': async (target) => {
    const stream = anthropic(target).messages.stream(requestFor(target));
    const events = await collect(stream);
    equal(events.at(-1)?.type, 'message_stop');
    const final = await stream.finalMessage();
    ok(final.stop_reason === 'max_tokens' || final.stop_reason === 'end_turn');
    hasLength(final.usage);
    const [block] = final.content;
    ok(block?.type === 'text' && block.text);
  },

  'messages, tool use, streamed': async (target) => {
    const stream = anthropic(target).messages.stream({
      ...requestFor(target),
      max_tokens: 1000,
      tools: [WEATHER_OF_MESSAGES],
      tool_choice: { type: 'any' },
    });
    const { content, stop_reason: reason } = await stream.finalMessage();
    equal(reason, 'tool_use');
    const [block] = content;
    ok(block?.type === 'tool_use');
    deepEqual(Object.keys(block.input as object), WEATHER_PARAMETERS);
  },

  'count tokens': async (target) => {
    const { model, messages } = requestFor(target);
    const { input_tokens: tokens } = await anthropic(target).messages.countTokens({
      model,
      messages,
    });
    ok(tokens > 50);
  },

  'error: bad prefill header': async (target) => {
    const headers = { 'x-prefiller-host-port': 'host-without-port' };
    const error: unknown = await anthropic(target)
      .messages.create(requestFor(target), { headers })
      .catch((reason: unknown) => reason);
    ok(error instanceof Anthropic.BadRequestError);
    match(error.message, /x-prefiller-host-port.* is not valid/);
  },

  'error: unknown model': async (target) => {
    const error: unknown = await anthropic(target)
      .messages.create({ ...requestFor(target), model: 'no-such-model' })
      .catch((reason: unknown) => reason);
    ok(error instanceof Anthropic.NotFoundError);
    match(error.message, /no-such-model/);
  },

  'abort: stream closed': async (target) => {
    const request = { ...requestFor(target), max_tokens: target.endless, ...FULL_LENGTH };
    const stream = await anthropic(target).messages.create({ ...request, stream: true });
    let count = 0;
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && ++count === 3) break;
    }
    equal(count, 3);
  },

  'TLS, certificate trusted': async (target) => {
    await trusting(target.caFile, async () => {
      const client = anthropic({ ...target, url: target.tlsUrl });
      hasLength((await client.messages.create(requestFor(target))).usage);
      const final = await client.messages.stream(requestFor(target)).finalMessage();
      hasLength(final.usage);
    });
  },
};

function anthropic(target: Target): Anthropic {
  return new Anthropic({
    baseURL: target.url,
    apiKey: 'none',
    maxRetries: 0,
    defaultHeaders: { 'x-prefiller-host-port': target.prefiller },
  });
}

/** Anthropic's API has no word for a fixed length: a model may end earlier. */
function hasLength({ output_tokens: tokens }: { output_tokens: number }): void {
  ok(tokens > 1 && tokens <= 12, `${tokens} tokens`);
}

function requestFor({ model }: Target) {
  return {
    model,
    max_tokens: 12,
    messages: [{ role: 'user' as const, content: freshPrompt() }],
  };
}
