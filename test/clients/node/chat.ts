import { deepEqual, equal, ok } from 'node:assert/strict';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { freshPrompt, FULL_LENGTH } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { collect } from './collect.js';
import { openAi } from './openai-client.js';
import { WEATHER, WEATHER_PARAMETERS } from './weather-tool.js';

const LONG_PROMPT_BYTES = 1024 * 1024;

export const CHAT_CHECKS: CheckFunctions = {
  chat: async (target) => {
    const { model } = target;
    const answer = await openAi(target).chat.completions.create({
      model,
      messages: user(freshPrompt()),
      ...FULL_LENGTH,
      max_tokens: 12,
    });
    equal(answer.object, 'chat.completion');
    ok(answer.choices[0]?.message.content);
    equal(answer.choices[0].message.role, 'assistant');
    equal(answer.usage?.completion_tokens, 12);
    // The prompt was new to the prefiller; a decoder's own count can be the whole prompt.
    const cached = answer.usage.prompt_tokens_details?.cached_tokens ?? 0;
    ok(cached < answer.usage.prompt_tokens / 2, `${cached} tokens counted as cached`);
    ok(!('kv_transfer_params' in answer) || answer.kv_transfer_params === null);
  },

  'chat, streamed with usage': async (target) => {
    const stream = await openAi(target).chat.completions.create({
      model: target.model,
      messages: user(freshPrompt()),
      ...FULL_LENGTH,
      max_tokens: 12,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    ok(chunks.length >= 3, `${chunks.length} chunks`);
    ok(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''));
    const reasons = chunks.map(({ choices }) => choices[0]?.finish_reason ?? undefined);
    deepEqual(
      reasons.filter((reason) => reason !== undefined),
      ['length'],
    );
    const last = chunks.at(-1);
    deepEqual(last?.choices, []);
    equal(last.usage?.completion_tokens, 12);
    const cached = last.usage.prompt_tokens_details?.cached_tokens ?? 0;
    ok(cached < last.usage.prompt_tokens / 2, `${cached} tokens counted as cached`);
  },

  'chat, long prompt': async (target) => {
    const prompt = freshPrompt().padEnd(LONG_PROMPT_BYTES, 'Ünïcödé 😀 ');
    const answer = await openAi(target).chat.completions.create({
      model: target.model,
      messages: user(prompt),
      max_tokens: 4,
    });
    ok(answer.usage!.prompt_tokens > LONG_PROMPT_BYTES / 8);
  },

  'chat, two answers (n)': async (target) => {
    const { choices } = await openAi(target).chat.completions.create({
      model: target.model,
      messages: user(freshPrompt()),
      max_tokens: 12,
      n: 2,
      temperature: 1,
    });
    deepEqual(
      choices.map(({ index }) => index),
      [0, 1],
    );
    ok(choices.every(({ message }) => message.content));
  },

  'chat, stop and temperature': async (target) => {
    const client = openAi(target);
    const request = {
      model: target.model,
      messages: user(freshPrompt()),
      max_tokens: 20,
      temperature: 0,
    };
    const whole = (await client.chat.completions.create(request)).choices[0]?.message.content ?? '';
    const stop = whole.slice(whole.length >> 1, (whole.length >> 1) + 4);
    const { choices } = await client.chat.completions.create({ ...request, stop: [stop] });
    equal(choices[0]?.finish_reason, 'stop');
    equal(choices[0].message.content, whole.slice(0, whole.indexOf(stop)));
  },

  'chat, tool call and its result': async (target) => {
    const client = openAi(target);
    const { model } = target;
    const tools = [WEATHER];
    const messages = user(freshPrompt());
    const first = await client.chat.completions.create({
      model,
      messages,
      tools,
      tool_choice: 'required',
      max_tokens: 1000,
    });
    const { message } = first.choices[0]!;
    const call = message.tool_calls?.[0];
    ok(call?.type === 'function');
    equal(call.function.name, WEATHER.function.name);
    deepEqual(Object.keys(JSON.parse(call.function.arguments) as object), WEATHER_PARAMETERS);
    const result = { role: 'tool', tool_call_id: call.id, content: '{"celsius": 20}' } as const;
    const second = await client.chat.completions.create({
      model,
      messages: [...messages, message, result],
      tools,
      max_tokens: 12,
      tool_choice: 'none',
    });
    ok(second.choices[0]?.message.content);
  },

  'chat, tool call, streamed': async (target) => {
    const stream = openAi(target).chat.completions.stream({
      model: target.model,
      messages: user(freshPrompt()),
      tools: [WEATHER],
      tool_choice: { type: 'function', function: { name: WEATHER.function.name } },
      max_tokens: 1000,
    });
    const { choices } = await stream.finalChatCompletion();
    const call = choices[0]?.message.tool_calls?.[0];
    ok(call?.type === 'function' && call.id);
    equal(call.function.name, WEATHER.function.name);
    deepEqual(Object.keys(JSON.parse(call.function.arguments) as object), WEATHER_PARAMETERS);
  },
};

function user(content: string): ChatCompletionMessageParam[] {
  return [{ role: 'user', content }];
}
