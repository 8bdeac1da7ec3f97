import { equal, match, ok, rejects } from 'node:assert/strict';
import OpenAI, { APIError } from 'openai';
import { freshPrompt } from '../prompt.js';
import type { CheckFunctions } from './check-functions.js';
import { collect } from './collect.js';
import { openAi } from './openai-client.js';

const REQUEST = { max_tokens: 12, messages: [{ role: 'user' as const, content: 'Hello' }] };

export const ERROR_CHECKS: CheckFunctions = {
  'request ids': async (target) => {
    const client = openAi(target);
    const { model } = target;
    const request = () => ({ model, prompt: freshPrompt(), max_tokens: 4 });
    const generated = await client.completions.create(request());
    match(generated._request_id ?? '', /^(?:[0-9a-f-]{36}|[a-z]+-[A-Za-z0-9]{24})$/);
    const headers = { 'x-request-id': 'chosen-by-the-client' };
    const chosen = await client.completions.create(request(), { headers });
    equal(chosen._request_id, 'chosen-by-the-client');
    const streamed = client.completions.create({ ...request(), stream: true }, { headers });
    const { data, request_id: id } = await streamed.withResponse();
    await collect(data);
    equal(id, 'chosen-by-the-client');
  },

  'error: bad prefill header': async (target) => {
    const headers = { 'x-prefiller-host-port': 'user@10.0.0.1:8000/path' };
    const request = { ...REQUEST, model: target.model };
    const error = await errorOf(openAi(target).chat.completions.create(request, { headers }));
    ok(error instanceof OpenAI.BadRequestError);
    match(error.message, /x-prefiller-host-port.* is not valid/);
    equal(error.type, 'BadRequestError');
    equal(Number(error.code), 400);
    ok(error.requestID);
  },

  'error: unknown model': async (target) => {
    const error = await errorOf(
      openAi(target).chat.completions.create({ ...REQUEST, model: 'no-such-model' }),
    );
    ok(error instanceof OpenAI.NotFoundError);
    match(error.message, /no-such-model/);
    equal(error.type, 'NotFoundError');
    ok(error.requestID);
  },

  'error: refused by the engine': async (target) => {
    const request = { ...REQUEST, model: target.model, temperature: -1 };
    const error = await errorOf(openAi(target).chat.completions.create(request));
    ok(error instanceof OpenAI.BadRequestError);
    match(error.message, /temperature/);
    const streamed = openAi(target).chat.completions.create({ ...request, stream: true });
    ok((await errorOf(streamed)) instanceof OpenAI.BadRequestError);
  },

  'error: prefiller unreachable': async (target) => {
    const defaultHeaders = { 'x-prefiller-host-port': target.deadPrefiller };
    const client = openAi(target, { defaultHeaders });
    const request = { ...REQUEST, model: target.model };
    const error = await errorOf(client.chat.completions.create(request));
    ok(error instanceof OpenAI.InternalServerError);
    equal(error.status, 504);
    match(error.message, /The prefiller could not be reached/);
    equal(error.type, 'GatewayTimeoutError');
    ok(error.requestID);
  },

  'error: answer cut in the middle': async (target) => {
    const client = openAi({ ...target, url: target.cutUrl });
    const stream = await client.completions.create({
      model: target.model,
      prompt: freshPrompt(),
      max_tokens: 50,
      stream: true,
    });
    await rejects(collect(stream));
  },
};

async function errorOf(promise: Promise<unknown>): Promise<APIError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof APIError) return error;
  throw new Error('no APIError', { cause: error });
}
