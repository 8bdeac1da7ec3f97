import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import { decode, encode } from '../engine/tokens.js';
import { Api, OPENAI_ERRORS } from '../http/api.service.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { validate } from '../http/validation.js';
import { messagesOf, renderChat } from './chat-template.js';
import { Runner } from './runner.js';
import { readSampling } from './sampling.js';

/** vLLM's tokenizer endpoints. */
@Controller()
export class TokenizerController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('tokenize')
  async tokenize(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => {
      const tokens = encode(this.textOf(exchange));
      const { maxModelLen } = this.runner.config;
      const answer = { count: tokens.length, max_model_len: maxModelLen, tokens, token_strs: null };
      sendJson(response, 200, answer);
      return Promise.resolve();
    });
  }

  @Post('detokenize')
  async detokenize(
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
  ): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => {
      const body = validate(exchange.body, { fields: { tokens: 'array' }, required: ['tokens'] });
      sendJson(response, 200, { prompt: decode(body['tokens'] as number[]) });
      return Promise.resolve();
    });
  }

  private textOf(exchange: Exchange): string {
    const fields = { model: 'string', prompt: 'string', messages: 'array' } as const;
    const required = isChat(exchange.body) ? ['messages'] : ['prompt'];
    const body = validate(exchange.body, { fields, required });
    readSampling({ model: body['model'] }, this.runner.config, { name: 'max_tokens', value: 1 });
    if (required[0] === 'prompt') return body['prompt'] as string;
    return renderChat(messagesOf(body['messages'] as readonly unknown[], 'body.messages'), {
      tools: body['tools'],
      addGenerationPrompt: body['add_generation_prompt'] !== false,
      continueFinalMessage: false,
    });
  }
}

function isChat(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'messages' in body;
}
