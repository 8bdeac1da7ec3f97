import type { Plan } from './plan.js';

/** The part of a request body that must reach every engine as it is. */
export function promptOf({ id, filler }: Plan): string {
  return `"messages":[{"role":"user","content":"${id} ${'prefill and decode '.repeat(filler / 19)}"}]`;
}

/** The request's body: odd blanks and numbers show whether somebody wrote it anew. */
export function requestBody(plan: Plan): Buffer {
  const { events, tokens } = plan;
  return Buffer.from(
    `{ "model":"soak",${promptOf(plan)} ,"stream":${events},"seed":9007199254740993,"max_tokens":${tokens}}`,
  );
}

/** The whole payload of the decoder's answer: every token says whose it is and which one. */
export function answerBody({ id, events, tokens }: Plan): Buffer {
  const numbers = Array.from({ length: tokens }, (_, i) => i);
  if (!events)
    return Buffer.from(`{"id":"${id}","tokens":[${numbers.map((n) => `"${id}/${n}"`)}]}`);
  const lines = numbers.map((n) => `data: {"id":"${id}","token":"${id}/${n}"}\n\n`);
  return Buffer.from(`${lines.join('')}data: [DONE]\n\n`);
}

/** The body of an engine's refusal. */
export function refusalBody(id: string): string {
  return `{"error":{"message":"refused ${id}","type":"Soak","param":null,"code":0}}`;
}
