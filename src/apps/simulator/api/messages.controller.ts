import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { Prompt } from '../engine/prompt.js';
import { Api, type ErrorFormat } from '../http/api.service.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { finding, validate, type JsonBody, type Shape } from '../http/validation.js';
import { MessageStream, messageObject } from './anthropic-answer.js';
import { messagesOf, renderChat, type Message } from './chat-template.js';
import { Runner } from './runner.js';
import { readSampling, SAMPLING_FIELDS } from './sampling.js';
import { argumentsFor, forcedCall, type ForcedCall, type Tool } from './tool-call.js';
import { countsOf } from './usage.js';

const COUNT_SHAPE: Shape = {
  fields: { model: 'string', messages: 'array', system: 'any', tools: 'array' },
  required: ['model', 'messages'],
};
const SHAPE: Shape = {
  fields: { ...SAMPLING_FIELDS, ...COUNT_SHAPE.fields, max_tokens: 'integer' },
  required: ['model', 'messages', 'max_tokens'],
};

const ANTHROPIC_ERRORS: ErrorFormat = {
  // vLLM words what pydantic refuses as for OpenAI's APIs.
  body: (error) =>
    error.type === 'Bad Request'
      ? { error }
      : { type: 'error', error: { type: error.type, message: error.message } },
  inStream: ({ message }, { events }) => {
    const error = { type: 'internal_error', message };
    events.send(JSON.stringify({ type: 'error', error }), 'error');
    events.end();
  },
};

/** Anthropic's messages API. */
@Controller()
export class MessagesController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('v1/messages')
  async create(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, ANTHROPIC_ERRORS, (exchange) => this.handle(exchange));
  }

  @Post('v1/messages/count_tokens')
  async count(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, ANTHROPIC_ERRORS, (exchange) => {
      const body = validate(exchange.body, COUNT_SHAPE);
      readSampling({ model: body['model'] }, this.runner.config, { name: 'max_tokens', value: 1 });
      const { tokens } = this.promptOf(body);
      const context = { original_input_tokens: tokens };
      sendJson(response, 200, { input_tokens: tokens, context_management: context });
      return Promise.resolve();
    });
  }

  private async handle(exchange: Exchange): Promise<void> {
    const body = validate(exchange.body, SHAPE);
    const value = body['max_tokens'] as number;
    if (value <= 0) {
      const msg = 'Value error, max_tokens must be positive';
      throw finding('value_error', 'body.max_tokens', msg, value);
    }
    const merged = { ...body, n: 1, stop: body['stop_sequences'] };
    const sampling = readSampling(merged, this.runner.config, { name: 'max_tokens', value });
    const prompt = this.promptOf(body);
    const call = callOf(body);
    const id = `chatcmpl-${exchange.requestId}`;
    const { model } = this.runner.config;
    const work = { id, model, prompt, call };
    const stream = sampling.stream ? new MessageStream(work, exchange.events) : undefined;
    const [choice] = await this.runner.run([prompt], sampling, exchange, {
      id,
      forced: call && ((kv) => argumentsFor(call.tool, kv, sampling.seed)),
      ...(stream && {
        onToken: (token) => {
          stream.token(token.text);
        },
      }),
    });
    const finished = choice!;
    const counts = countsOf([prompt], [finished], this.runner.config);
    if (stream) stream.finish(finished, counts);
    else sendJson(exchange.response, 200, messageObject(work, finished, counts));
  }

  private promptOf(body: JsonBody): Prompt {
    const { system } = body;
    const head: Message[] =
      system === undefined || system === null ? [] : [{ role: 'system', content: system }];
    const list = messagesOf(body['messages'] as readonly unknown[], 'body.messages');
    const text = renderChat([...head, ...list], {
      tools: body['tools'],
      addGenerationPrompt: true,
      continueFinalMessage: false,
    });
    return this.runner.promptOfText(text, body['cache_salt']);
  }
}

/** Anthropic's `tool_choice` has a type: `any` insists on a call, `tool` on one by name. */
function callOf(body: JsonBody): ForcedCall | undefined {
  const list = (body['tools'] ?? []) as readonly { name?: unknown; input_schema?: unknown }[];
  const tools: Tool[] = list.flatMap(({ name, input_schema: schema }) =>
    typeof name === 'string' ? [{ name, schema }] : [],
  );
  const { type, name } = (body['tool_choice'] ?? {}) as { type?: unknown; name?: unknown };
  if (type === 'any') return forcedCall(tools, 'required');
  return type === 'tool' ? forcedCall(tools, { name }) : undefined;
}
