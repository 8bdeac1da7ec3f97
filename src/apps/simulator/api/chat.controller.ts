import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { Prompt } from '../engine/prompt.js';
import { Api, OPENAI_ERRORS } from '../http/api.service.js';
import { ApiError } from '../http/api-error.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { validate, type JsonBody, type Shape } from '../http/validation.js';
import { messagesOf, renderChat, type TemplateOptions } from './chat-template.js';
import { chatChoice, ChatStream, type ChatWork } from './chat-answer.js';
import { SYSTEM_FINGERPRINT } from './fingerprint.js';
import { Runner } from './runner.js';
import { readSampling, SAMPLING_FIELDS } from './sampling.js';
import { argumentsFor, forcedCall, openAiTools } from './tool-call.js';
import { countsOf, fullUsage, streamUsage } from './usage.js';

const SHAPE: Shape = {
  fields: {
    messages: 'array',
    max_tokens: 'integer',
    max_completion_tokens: 'integer',
    ...SAMPLING_FIELDS,
    tools: 'array',
    add_generation_prompt: 'boolean',
    continue_final_message: 'boolean',
  },
  required: ['messages'],
};

/** OpenAI's chat completions API. */
@Controller()
export class ChatController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('v1/chat/completions')
  async complete(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => this.handle(exchange));
  }

  private async handle(exchange: Exchange): Promise<void> {
    const body = validate(exchange.body, SHAPE);
    const sampling = readSampling(body, this.runner.config, limitOf(body));
    const prompt = this.promptOf(body);
    const call = forcedCall(openAiTools(body['tools']), body['tool_choice']);
    const head = {
      id: `chatcmpl-${exchange.requestId}`,
      created: Math.floor(Date.now() / 1000),
      model: this.runner.config.model,
    };
    const work = { prompt, sampling, head, call };
    await (sampling.stream ? this.stream(exchange, work) : this.sendWhole(exchange, work));
  }

  private async sendWhole(exchange: Exchange, work: ChatWork): Promise<void> {
    const { prompt, sampling, head, call } = work;
    const choices = await this.runner.run([prompt], sampling, exchange, {
      id: head.id,
      forced: call && ((kv) => argumentsFor(call.tool, kv, sampling.seed)),
    });
    const { id, ...rest } = head;
    sendJson(exchange.response, 200, {
      id,
      object: 'chat.completion',
      ...rest,
      choices: choices.map((choice, index) => chatChoice(choice, index, work)),
      service_tier: null,
      system_fingerprint: SYSTEM_FINGERPRINT,
      usage: fullUsage(countsOf([prompt], choices, this.runner.config)),
      prompt_logprobs: null,
      prompt_token_ids: sampling.returnTokenIds ? prompt.ids() : null,
      prompt_text: null,
      kv_transfer_params: choices[0]?.kvTransferParams ?? null,
      ec_transfer_params: choices[0]?.ecTransferParams ?? null,
      metrics: null,
    });
  }

  private async stream(exchange: Exchange, work: ChatWork): Promise<void> {
    const { prompt, sampling, head, call } = work;
    const { events } = exchange;
    const stream = new ChatStream(work);
    let isOpen = false;
    const choices = await this.runner.run([prompt], sampling, exchange, {
      id: head.id,
      forced: call && ((kv) => argumentsFor(call.tool, kv, sampling.seed)),
      onToken: (token, end, index) => {
        if (!isOpen) for (const event of stream.opening()) events.send(event);
        isOpen = true;
        events.send(stream.token(token, end, index));
      },
    });
    if (sampling.includeUsage) {
      const usage = streamUsage(countsOf([prompt], choices, this.runner.config));
      events.send(stream.usage(usage));
    }
    events.send('[DONE]');
    events.end();
  }

  private promptOf(body: JsonBody): Prompt {
    const list = body['messages'] as readonly unknown[];
    if (list.length === 0) {
      const message =
        'Cannot apply chat template to an empty conversation. Provide at least one message.';
      throw ApiError.badRequest(message);
    }
    const text = renderChat(messagesOf(list, 'body.messages'), {
      tools: body['tools'],
      ...endOf(body),
    });
    return this.runner.promptOfText(text, body['cache_salt']);
  }
}

/** `max_completion_tokens` wins over the older name. */
function limitOf(body: JsonBody): { name: string; value: number | undefined } {
  const newer = body['max_completion_tokens'] as number | null | undefined;
  if (newer !== null && newer !== undefined) return { name: 'max_completion_tokens', value: newer };
  return { name: 'max_tokens', value: (body['max_tokens'] ?? undefined) as number | undefined };
}

/**
 * How the prompt ends.
 *
 * @throws ApiError 400 where the body wants both ends: in the words of vLLM where it says so, else of the chat template
 */
function endOf(
  body: JsonBody,
): Pick<TemplateOptions, 'addGenerationPrompt' | 'continueFinalMessage'> {
  const continueFinalMessage = body['continue_final_message'] === true;
  const addGenerationPrompt = body['add_generation_prompt'] !== false;
  if (!continueFinalMessage || !addGenerationPrompt) {
    return { addGenerationPrompt, continueFinalMessage };
  }
  if (body['add_generation_prompt'] === true) {
    throw ApiError.badRequest(
      'Cannot set both `continue_final_message` and `add_generation_prompt` to True.',
    );
  }
  throw ApiError.badRequest(
    'continue_final_message and add_generation_prompt are not compatible. Use continue_final_message when you want the model to continue the final message, and add_generation_prompt when you want to add a header that will prompt it to start a new assistant message instead.',
  );
}
