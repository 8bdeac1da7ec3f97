import { equal, ok } from 'node:assert/strict';
import { freshPrompt, FULL_LENGTH } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { collect } from './collect.js';
import { openAi } from './openai-client.js';

export const COMPLETION_CHECKS: CheckFunctions = {
  'models list': async (target) => {
    const models = await collect(openAi(target).models.list());
    ok(models.some(({ id }) => id === target.model));
  },

  completions: async (target) => {
    const answer = await openAi(target).completions.create({
      model: target.model,
      prompt: freshPrompt(),
      ...FULL_LENGTH,
      max_tokens: 12,
    });
    equal(answer.object, 'text_completion');
    ok(answer.choices[0]?.text);
    equal(answer.usage?.completion_tokens, 12);
  },

  'completions, streamed with usage': async (target) => {
    const stream = await openAi(target).completions.create({
      model: target.model,
      prompt: freshPrompt(),
      ...FULL_LENGTH,
      max_tokens: 12,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    ok(chunks.length >= 3, `${chunks.length} chunks`);
    ok(chunks.map(({ choices }) => choices[0]?.text ?? '').join(''));
    const usage = chunks.at(-1)?.usage;
    equal(usage?.completion_tokens, 12);
    ok((usage.prompt_tokens_details?.cached_tokens ?? 0) < usage.prompt_tokens / 2);
  },

  'no prefill header': async (target) => {
    const client = openAi(target, { defaultHeaders: {} });
    const answer = await client.completions.create({
      model: target.model,
      prompt: freshPrompt(),
      ...FULL_LENGTH,
      max_tokens: 12,
    });
    equal(answer.usage?.completion_tokens, 12);
  },
};
