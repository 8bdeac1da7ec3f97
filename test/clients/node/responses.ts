import { deepEqual, equal, ok } from 'node:assert/strict';
import { freshPrompt } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { openAi } from './openai-client.js';
import { WEATHER_OF_RESPONSES, WEATHER_PARAMETERS } from './weather-tool.js';

export const RESPONSE_CHECKS: CheckFunctions = {
  responses: async (target) => {
    const answer = await openAi(target).responses.create({
      model: target.model,
      input: freshPrompt(),
      instructions: 'Be brief.',
      max_output_tokens: 16,
    });
    equal(answer.object, 'response');
    ok(answer.output_text);
    ok(answer.usage && answer.usage.output_tokens > 1 && answer.usage.output_tokens <= 16);
    ok(answer.usage.input_tokens_details.cached_tokens < answer.usage.input_tokens / 2);
  },

  'responses, streamed': async (target) => {
    const stream = openAi(target).responses.stream({
      model: target.model,
      input: [{ role: 'user', content: freshPrompt() }],
      max_output_tokens: 16,
    });
    let deltas = '';
    for await (const event of stream) {
      if (event.type === 'response.output_text.delta') deltas += event.delta;
    }
    const final = await stream.finalResponse();
    ok(deltas);
    equal(final.output_text, deltas);
    ok(final.usage!.input_tokens_details.cached_tokens < final.usage!.input_tokens / 2);
  },

  'responses, tool call, streamed': async (target) => {
    const stream = openAi(target).responses.stream({
      model: target.model,
      input: freshPrompt(),
      tools: [WEATHER_OF_RESPONSES],
      tool_choice: 'required',
      max_output_tokens: 1000,
    });
    const final = await stream.finalResponse();
    const call = final.output.find(({ type }) => type === 'function_call');
    ok(call?.type === 'function_call');
    equal(call.name, WEATHER_OF_RESPONSES.name);
    deepEqual(Object.keys(JSON.parse(call.arguments) as object), WEATHER_PARAMETERS);
  },
};
