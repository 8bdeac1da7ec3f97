import type { Envoy } from '../../envoy/rig/envoy.js';
import { ask, open } from '../../envoy/rig/http-client.js';
import { MODEL } from '../../envoy/rig/programs.js';
import { mustBe } from '../../envoy/scenario.js';
import { must } from '../scenario.js';

const messages = [{ role: 'user', content: 'Tell me a story' }];

/** A chat, a stream, the models, and 5 MB of prompt. @throws Error when one of them fails */
export async function tryAll(envoy: Envoy, model = MODEL): Promise<void> {
  const whole = await ask(envoy.url, { body: { model, messages, max_tokens: 20 } });
  mustBe(whole.status, 200, `status of a chat (${whole.text})`);
  const told = JSON.parse(whole.text) as { usage: { completion_tokens: number } };
  mustBe(told.usage.completion_tokens, 20, 'tokens');
  await tryStream(envoy, model);
  const models = await ask(envoy.url, { path: '/v1/models' });
  must(models.text.includes(model), `the models: ${models.text}`);
  const long = [{ role: 'user', content: 'word '.repeat(1_000_000) }];
  const answer = await ask(envoy.url, { body: { model, messages: long, max_tokens: 2 } });
  mustBe(answer.status, 200, `status of 5 MB (${answer.text.slice(0, 200)})`);
}

/** @throws Error when a stream of that many tokens is not whole */
export async function tryStream(envoy: Envoy, model = MODEL, tokens = 20): Promise<void> {
  const body = { model, messages, max_tokens: tokens, stream: true };
  let text = '';
  for await (const chunk of await open(envoy.url, { body })) text += (chunk as Buffer).toString();
  must(text.endsWith('data: [DONE]\n\n'), `the stream has no end: ${text.slice(-200)}`);
  must(text.split('\n\n').length >= tokens, `${text.split('\n\n').length} events of a stream`);
}
