import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { Prompt } from '../engine/prompt.js';
import { Api, OPENAI_ERRORS } from '../http/api.service.js';
import { randomId, sendJson, type Exchange } from '../http/exchange.js';
import { validate, type JsonBody, type Shape } from '../http/validation.js';
import { messagesOf, renderChat, type Message } from './chat-template.js';
import { ResponseObject, type OutputItem } from './response-object.js';
import { ResponseStream } from './response-stream.js';
import { Runner, type Choice } from './runner.js';
import { readSampling, SAMPLING_FIELDS } from './sampling.js';
import { argumentsFor, forcedCall, openAiTools, type ForcedCall } from './tool-call.js';
import { countsOf } from './usage.js';

const SHAPE: Shape = {
  fields: {
    ...SAMPLING_FIELDS,
    input: 'any',
    instructions: 'string',
    max_output_tokens: 'integer',
    tools: 'array',
  },
  required: ['input'],
};

/** OpenAI's responses API; nothing is stored. */
@Controller()
export class ResponsesController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('v1/responses')
  async respond(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => this.handle(exchange));
  }

  private async handle(exchange: Exchange): Promise<void> {
    const body = validate(exchange.body, SHAPE);
    const value = (body['max_output_tokens'] ?? undefined) as number | undefined;
    const sampling = readSampling({ ...body, n: 1 }, this.runner.config, {
      name: 'max_output_tokens',
      value,
    });
    const prompt = this.promptOf(body);
    const call = forcedCall(openAiTools(body['tools']), body['tool_choice']);
    const object = new ResponseObject(body, this.runner.config);
    const stream = sampling.stream ? new ResponseStream(object, call, exchange.events) : undefined;
    const [choice] = await this.runner.run([prompt], sampling, exchange, {
      id: object.id,
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
    else
      sendJson(exchange.response, 200, object.finished(finished, output(finished, call), counts));
  }

  private promptOf(body: JsonBody): Prompt {
    const { input, instructions } = body;
    const system: Message[] =
      typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
    const list = Array.isArray(input) ? inputMessages(input) : [{ role: 'user', content: input }];
    const text = renderChat([...system, ...list], {
      tools: body['tools'],
      addGenerationPrompt: true,
      continueFinalMessage: false,
    });
    return this.runner.promptOfText(text, body['cache_salt']);
  }
}

/** Items that are no messages, such as calls and their outputs, are read as they stand. */
function inputMessages(input: readonly unknown[]): Message[] {
  return input.map((item, index) => {
    const { role, type } = (item ?? {}) as { role?: unknown; type?: unknown };
    if (role === undefined && typeof type === 'string') return { role: type, content: [item] };
    return messagesOf([item], `body.input.${index}`)[0]!;
  });
}

function output(choice: Choice, call: ForcedCall | undefined): OutputItem {
  if (!call) return { kind: 'message', id: `msg_${randomId()}`, text: choice.text };
  const { name } = call.tool;
  return {
    kind: 'call',
    id: `fc_${randomId()}`,
    callId: `call_${randomId()}`,
    name,
    text: choice.text,
  };
}
