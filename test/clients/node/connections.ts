import { equal, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import type { Target } from '../check.js';
import { freshPrompt, FULL_LENGTH } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { collect } from './collect.js';
import { openAi } from './openai-client.js';
import { trusting } from './trusting.js';

const STREAMS = 50;

export const CONNECTION_CHECKS: CheckFunctions = {
  'abort: stream closed': async (target) => {
    const stream = await openAi(target).completions.create({ ...endless(target), stream: true });
    let count = 0;
    for await (const chunk of stream) {
      ok(chunk.id);
      if (++count === 3) break;
    }
    ok(stream.controller.signal.aborted);
  },

  'abort: request cancelled': async (target) => {
    const controller = new AbortController();
    const { signal } = controller;
    const answer = openAi(target).completions.create(endless(target), { signal });
    void sleep(300).then(() => {
      controller.abort();
    });
    const error: unknown = await answer.catch((reason: unknown) => reason);
    ok(error instanceof OpenAI.APIUserAbortError);
  },

  'abort: client timed out': async (target) => {
    const client = openAi(target, { timeout: 400 });
    const error: unknown = await client.completions
      .create(endless(target))
      .catch((reason: unknown) => reason);
    ok(error instanceof OpenAI.APIConnectionTimeoutError);
  },

  [`${STREAMS} streams at once`]: async (target) => {
    const client = openAi(target);
    const texts = await Promise.all(
      Array.from({ length: STREAMS }, async () => {
        const stream = await client.chat.completions.create({
          model: target.model,
          messages: [{ role: 'user', content: freshPrompt() }],
          ...FULL_LENGTH,
          max_tokens: 20,
          stream: true,
          stream_options: { include_usage: true },
        });
        const chunks = await collect(stream);
        equal(chunks.at(-1)?.usage?.completion_tokens, 20);
        return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
      }),
    );
    ok(texts.every((text) => text.length > 0));
  },

  'TLS, certificate trusted': async (target) => {
    await trusting(target.caFile, async () => {
      const client = openAi({ ...target, url: target.tlsUrl });
      const request = { ...FULL_LENGTH, model: target.model, max_tokens: 12 };
      const answer = await client.completions.create({ ...request, prompt: freshPrompt() });
      equal(answer.usage?.completion_tokens, 12);
      const stream = await client.completions.create({
        ...request,
        prompt: freshPrompt(),
        stream: true,
      });
      ok((await collect(stream)).length >= 3);
    });
  },
};

/** A request that the engine works on much longer than the client waits. */
function endless({ model, endless: tokens }: Target) {
  return { model, prompt: freshPrompt(), max_tokens: tokens, ...FULL_LENGTH };
}
