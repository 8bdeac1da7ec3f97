import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { End, Token } from '../engine/generation.js';
import type { Prompt } from '../engine/prompt.js';
import { Api, OPENAI_ERRORS } from '../http/api.service.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { finding, findingIn, validate, type JsonBody, type Shape } from '../http/validation.js';
import { Runner, type Choice } from './runner.js';
import { readSampling, SAMPLING_FIELDS, type Sampling } from './sampling.js';
import { countsOf, fullUsage, streamUsage } from './usage.js';

const SHAPE: Shape = {
  fields: {
    model: 'string',
    token_ids: 'array',
    sampling_params: 'object',
    stream: 'boolean',
    stream_options: 'object',
    cache_salt: 'string',
    kv_transfer_params: 'object',
  },
  required: ['token_ids', 'sampling_params'],
};
const PARAMS_SHAPE: Shape = { fields: { ...SAMPLING_FIELDS, max_tokens: 'integer' }, required: [] };

/** vLLM's API of tokens in and tokens out. */
@Controller()
export class GenerateController {
  constructor(
    private readonly api: Api,
    private readonly runner: Runner,
  ) {}

  @Post('inference/v1/generate')
  async generate(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    await this.api.answer(request, response, OPENAI_ERRORS, (exchange) => this.handle(exchange));
  }

  private async handle(exchange: Exchange): Promise<void> {
    const body = validate(exchange.body, SHAPE);
    const params = validate(body['sampling_params'], PARAMS_SHAPE, 'body.sampling_params');
    const prompt = this.promptOf(body);
    const value = (params['max_tokens'] ?? undefined) as number | undefined;
    const { model, stream, stream_options, kv_transfer_params } = body;
    const { bootstrap_host, bootstrap_port, bootstrap_room, bootstrap_room_digits } = body;
    const { cache_hit_threshold } = body;
    const meeting = { bootstrap_host, bootstrap_port, bootstrap_room, bootstrap_room_digits };
    const merged = {
      ...params,
      model,
      stream,
      stream_options,
      kv_transfer_params,
      cache_hit_threshold,
      ...meeting,
    };
    const sampling = readSampling(merged, this.runner.config, { name: 'max_tokens', value });
    const id = `generate-tokens-${exchange.requestId}`;
    if (sampling.stream) await this.stream(exchange, prompt, sampling, id);
    else await this.sendWhole(exchange, prompt, sampling, id);
  }

  private async sendWhole(
    exchange: Exchange,
    prompt: Prompt,
    sampling: Sampling,
    id: string,
  ): Promise<void> {
    const choices = await this.runner.run([prompt], sampling, exchange, { id });
    sendJson(exchange.response, 200, {
      request_id: id,
      model: this.runner.config.model,
      created: Math.floor(Date.now() / 1000),
      usage: fullUsage(countsOf([prompt], choices, this.runner.config)),
      prompt_logprobs: null,
      prompt_token_id_logprobs: null,
      prompt_token_ids: null,
      mm_placeholders: null,
      metrics: null,
      kv_transfer_params: choices[0]?.kvTransferParams ?? null,
      ec_transfer_params: null,
      output_mode: 'tokens',
      choices: choices.map(wholeChoice),
    });
  }

  private async stream(
    exchange: Exchange,
    prompt: Prompt,
    sampling: Sampling,
    id: string,
  ): Promise<void> {
    const { events } = exchange;
    const start = { request_id: id, usage: null, output_mode: 'tokens' };
    const counts: number[] = [];
    const choices = await this.runner.run([prompt], sampling, exchange, {
      id,
      onToken: (token, end, index) => {
        counts[index] = (counts[index] ?? 0) + 1;
        const choice = streamedChoice(token, end, index, counts[index]);
        events.send(JSON.stringify({ ...start, choices: [choice] }));
      },
    });
    if (sampling.includeUsage) {
      const usage = streamUsage(countsOf([prompt], choices, this.runner.config));
      events.send(JSON.stringify({ ...start, usage, choices: [] }));
    }
    events.send('[DONE]');
    events.end();
  }

  private promptOf(body: JsonBody): Prompt {
    const ids = body['token_ids'] as readonly unknown[];
    if (ids.length === 0) {
      const msg = 'List should have at least 1 item after validation, not 0';
      const ctx = "{'field_type': 'List', 'min_length': 1, 'actual_length': 0}";
      const input = '<list of 0 items>';
      throw findingIn(ctx, { type: 'too_short', loc: 'body.token_ids', msg, input });
    }
    const wrong = ids.findIndex((id) => !Number.isInteger(id));
    if (wrong >= 0) {
      const msg = 'Input should be a valid integer';
      throw finding('int_type', `body.token_ids.${wrong}`, msg, ids[wrong]);
    }
    return this.runner.promptOfTokenIds(ids as number[], body['cache_salt']);
  }
}

function wholeChoice(choice: Choice, index: number): object {
  return {
    index,
    finish_reason: choice.finishReason,
    stop_reason: choice.stopReason,
    token_ids: choice.tokenIds,
    routed_experts: null,
    sampling_mask: null,
    weight_versions: weightVersions(choice.tokenIds.length),
    logprobs: null,
  };
}

function streamedChoice(token: Token, end: End | undefined, index: number, count: number): object {
  return {
    index,
    finish_reason: end?.finishReason ?? null,
    stop_reason: end?.stopReason ?? null,
    token_ids: [token.id],
    routed_experts: null,
    sampling_mask: null,
    weight_versions: end ? weightVersions(count) : null,
    logprobs: null,
  };
}

function weightVersions(tokens: number): object[] {
  return [{ version: 'default', start: 0, end: tokens }];
}
