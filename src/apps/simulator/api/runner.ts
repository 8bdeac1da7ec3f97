import { Injectable } from '@nestjs/common';
import { Logger } from '../../../logging/logger.js';
import { Engine } from '../engine/engine.service.js';
import type { End, Generation, GenerationRequest, Token } from '../engine/generation.js';
import {
  promptOfText,
  promptOfTokenIds,
  type Prompt,
  type PromptContext,
} from '../engine/prompt.js';
import { checkEncodeRequest } from '../ec/encode-request.js';
import { Embeddings, type EcTransferParams } from '../ec/embeddings.service.js';
import { mediaOf } from '../ec/media.js';
import { ApiError } from '../http/api-error.js';
import { randomId, type Exchange } from '../http/exchange.js';
import { SimulatorOptions } from '../simulator.options.js';
import type { SimulatorConfig } from '../simulator.settings.js';
import { dpRankOf } from './dp-rank.js';
import { meetingAt } from './meeting.js';
import type { Sampling } from './sampling.js';

/** One finished answer of a request. */
export interface Choice extends Generation {
  readonly text: string;
  readonly tokenIds: readonly number[];
  /** Where the embedding is that was computed, on an encoder. */
  readonly ecTransferParams: EcTransferParams | null;
}

export interface RunOptions {
  /** The answer's id, such as `cmpl-1234`; the engine's names of its sequences begin with it. */
  readonly id: string;
  readonly forced?: GenerationRequest['forced'];
  /** Called for each token of each answer. */
  readonly onToken?: (token: Token, end: End | undefined, index: number) => void;
}

interface One {
  readonly prompt: Prompt;
  readonly sampling: Sampling;
  readonly exchange: Exchange;
  readonly rank: number;
}

/** Turns requests of any API into sequences of the engine. */
@Injectable()
export class Runner {
  constructor(
    private readonly options: SimulatorOptions,
    private readonly engine: Engine,
    private readonly embeddings: Embeddings,
    private readonly logger: Logger,
  ) {}

  get config(): SimulatorConfig {
    return this.options.config;
  }

  /** @param salt the request's `cache_salt` @throws ApiError 400 when it is longer than the model reads */
  promptOfText(text: string, salt: unknown): Prompt {
    return this.checked(promptOfText(text, this.context(salt)));
  }

  /** @throws ApiError 400 for ids that no token has, and for too many */
  promptOfTokenIds(ids: readonly number[], salt: unknown): Prompt {
    try {
      return this.checked(promptOfTokenIds(ids, this.context(salt)));
    } catch (error) {
      if (error instanceof RangeError) throw ApiError.badRequest(error.message);
      throw error;
    }
  }

  /** Runs `n` sequences for each prompt at once; answers come in order of prompt and index. */
  async run(
    prompts: readonly Prompt[],
    sampling: Sampling,
    exchange: Exchange,
    options: RunOptions,
  ): Promise<Choice[]> {
    const rank = dpRankOf(exchange.dataParallelRank, this.config);
    this.logArrival(prompts, sampling, options.id);
    const ecTransferParams = await this.encoded(exchange, sampling);
    const suffix = prompts.length > 1 || options.id.startsWith('cmpl-');
    const all = prompts.flatMap((prompt, at) =>
      Array.from({ length: sampling.n }, (_, index) => {
        const sequence = at * sampling.n + index;
        const id = `${options.id}${suffix ? `-${at}` : ''}-${randomId().slice(0, 8)}`;
        return this.one({ prompt, sampling, exchange, rank }, { ...options, id }, sequence);
      }),
    );
    return (await Promise.all(all)).map((choice) => ({ ...choice, ecTransferParams }));
  }

  /** An encoder's work, which comes before the prompt. @throws ApiError 400 for a request that no encoder is sent */
  private async encoded(exchange: Exchange, sampling: Sampling): Promise<EcTransferParams | null> {
    if (!this.embeddings.isProducer) return null;
    const media = mediaOf(exchange.body);
    checkEncodeRequest(media, sampling);
    return this.embeddings.encode(media[0]!);
  }

  private embedderOf(exchange: Exchange, sampling: Sampling): GenerationRequest['embed'] {
    if (!this.embeddings.isConsumer) return undefined;
    const { body, signal } = exchange;
    return () => this.embeddings.fetch(mediaOf(body), sampling.ecTransferParams, signal);
  }

  private async one(
    { prompt, sampling, exchange, rank }: One,
    { id, forced, onToken }: RunOptions,
    index: number,
  ): Promise<Omit<Choice, 'ecTransferParams'>> {
    const tokenIds: number[] = [];
    let text = '';
    const request: GenerationRequest = {
      id,
      prompt,
      maxTokens: sampling.maxTokens,
      stop: sampling.stop,
      seed: sampling.seed === '' ? '' : `${sampling.seed}#${index}`,
      forced,
      // A hand-over is of one prompt to one request; further answers to it find the prompt cached.
      kvTransferParams: index === 0 ? sampling.kvTransferParams : undefined,
      transfer: index === 0 ? sampling.transfer : undefined,
      moriio: index === 0 ? sampling.moriio : undefined,
      rank,
      meeting:
        index % sampling.n === 0 ? meetingAt(sampling.meeting, index / sampling.n) : undefined,
      // Each prompt is handed over once; further answers to it find it cached.
      peers: index % sampling.n === 0 ? sampling.peers : undefined,
      cacheHitThreshold: sampling.cacheHitThreshold,
      embed: this.embedderOf(exchange, sampling),
      signal: exchange.signal,
    };
    const generation = await this.engine.generate(request, (token, end) => {
      text += token.text;
      if (end?.finishReason !== 'cache_threshold') tokenIds.push(token.id);
      onToken?.(token, end, index);
    });
    return { ...generation, text, tokenIds };
  }

  private checked(prompt: Prompt): Prompt {
    const { maxModelLen } = this.config;
    if (prompt.tokens < maxModelLen) return prompt;
    if (prompt.tokens === maxModelLen) {
      throw ApiError.badRequest('max_tokens must be at least 1, got 0.', 'max_tokens', 0);
    }
    const least = maxModelLen + 1;
    const message = `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains at least ${least} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`;
    throw ApiError.badRequest(message, 'input_tokens', least);
  }

  private context(cacheSalt: unknown): PromptContext {
    const { model, blockSize } = this.config;
    return { model, salt: typeof cacheSalt === 'string' ? cacheSalt : '', blockSize };
  }

  private logArrival(prompts: readonly Prompt[], sampling: Sampling, id: string): void {
    this.logger.info('request arrived', {
      request: id,
      role: this.config.role,
      promptTokens: prompts.reduce((sum, { tokens }) => sum + tokens, 0),
      maxTokens: sampling.maxTokens,
      stream: sampling.stream,
      kv: partOf(sampling),
    });
  }
}

/** What a request does with KV, in the words of its parameters. */
function partOf({ meeting, transfer, kvTransferParams, moriio }: Sampling): string {
  const params = kvTransferParams ?? moriio;
  if (meeting) return `room ${meeting.room}`;
  if (transfer) return `${transfer.side} of transfer ${transfer.id}`;
  if (params?.['remote_decoder']) return 'a peer decodes';
  if (params?.['remote_prefiller']) return 'a peer prefilled';
  if (params?.['do_remote_decode'] === true) return 'remote decode follows';
  return params?.['do_remote_prefill'] === true ? 'remote prefill' : 'local';
}
