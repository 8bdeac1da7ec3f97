import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { Prompt } from '../engine/prompt.js';
import { Api, OPENAI_ERRORS } from '../http/api.service.js';
import { ApiError } from '../http/api-error.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { validate, type JsonBody, type Shape } from '../http/validation.js';
import { completionChoice, completionEvent } from './completion-answer.js';
import { Runner } from './runner.js';
import { readSampling, SAMPLING_FIELDS, type Sampling } from './sampling.js';
import { SYSTEM_FINGERPRINT } from './fingerprint.js';
import { countsOf, fullUsage, RunningUsage, streamUsage } from './usage.js';

const SHAPE: Shape = {
  fields: { ...SAMPLING_FIELDS, prompt: 'any', max_tokens: 'integer', echo: 'boolean' },
  required: [],
};

/** vLLM's limit where a completions request has none. */
const DEFAULT_MAX_TOKENS = 16;

/** Completions to be answered. */
interface CompletionWork {
  readonly prompts: readonly Prompt[];
  readonly sampling: Sampling;
  readonly head: { readonly id: string };
}

/** OpenAI's completions API. */
@Controller()
export class CompletionsController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('v1/completions')
  async complete(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => this.handle(exchange));
  }

  private async handle(exchange: Exchange): Promise<void> {
    const body = validate(exchange.body, SHAPE);
    const value = (body['max_tokens'] as number | null | undefined) ?? DEFAULT_MAX_TOKENS;
    const sampling = readSampling(body, this.runner.config, { name: 'max_tokens', value });
    const prompts = this.promptsOf(body);
    const head = {
      id: `cmpl-${exchange.requestId}`,
      object: 'text_completion',
      created: Math.floor(Date.now() / 1000),
      model: this.runner.config.model,
    };
    const work = { prompts, sampling, head };
    if (sampling.stream) await this.stream(exchange, work);
    else await this.sendWhole(exchange, work, echoOf(body));
  }

  private async sendWhole(exchange: Exchange, work: CompletionWork, echo: string): Promise<void> {
    const { prompts, sampling, head } = work;
    const choices = await this.runner.run(prompts, sampling, exchange, { id: head.id });
    sendJson(exchange.response, 200, {
      ...head,
      choices: choices.map((choice, index) =>
        completionChoice(
          choice,
          { index, sampling, prompt: prompts[Math.floor(index / sampling.n)] },
          echo,
        ),
      ),
      service_tier: null,
      system_fingerprint: SYSTEM_FINGERPRINT,
      usage: fullUsage(countsOf(prompts, choices, this.runner.config)),
      kv_transfer_params: choices[0]?.kvTransferParams ?? null,
      ec_transfer_params: null,
      metrics: null,
    });
  }

  private async stream(exchange: Exchange, work: CompletionWork): Promise<void> {
    const { prompts, sampling, head } = work;
    const { events } = exchange;
    const opening = JSON.stringify(head).slice(0, -1);
    const usage = new RunningUsage(prompts, sampling);
    const begun = new Set<number>();
    const choices = await this.runner.run(prompts, sampling, exchange, {
      id: head.id,
      onToken: (token, end, index) => {
        const prompt = begun.has(index) ? undefined : prompts[Math.floor(index / sampling.n)];
        begun.add(index);
        const choice = completionEvent(token, end, { index, sampling, prompt });
        events.send(`${opening},${choice}${usage.next()}}`);
      },
    });
    if (sampling.includeUsage) {
      const total = streamUsage(countsOf(prompts, choices, this.runner.config));
      const tail = { choices: [], usage: total, system_fingerprint: SYSTEM_FINGERPRINT };
      events.send(`${opening},${JSON.stringify(tail).slice(1)}`);
    }
    events.send('[DONE]');
    events.end();
  }

  private promptsOf(body: JsonBody): Prompt[] {
    const prompt = body['prompt'];
    const salt = body['cache_salt'];
    if (typeof prompt === 'string' && prompt !== '')
      return [this.runner.promptOfText(prompt, salt)];
    if (!Array.isArray(prompt) || prompt.length === 0) {
      throw ApiError.badRequest(
        'Either prompt or prompt_embeds must be provided and non-empty.',
        'prompt',
      );
    }
    if (prompt.every((item) => typeof item === 'number')) {
      return [this.runner.promptOfTokenIds(prompt, salt)];
    }
    return prompt.map((item: unknown) =>
      Array.isArray(item)
        ? this.runner.promptOfTokenIds(item as number[], salt)
        : this.runner.promptOfText(String(item), salt),
    );
  }
}

function echoOf({ echo, prompt }: JsonBody): string {
  return echo === true && typeof prompt === 'string' ? prompt : '';
}
