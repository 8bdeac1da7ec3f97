import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Logger } from '../../../logging/logger.js';
import { AbortedError, EngineDeadError, GenerationError } from '../engine/engine-error.js';
import { SimulatorOptions } from '../simulator.options.js';
import { ApiError, type ApiErrorBody } from './api-error.js';
import { openExchange, sendJson, type Exchange } from './exchange.js';
import { readJson } from './read-json.js';

/** How an API words its errors. */
export interface ErrorFormat {
  body(error: ApiErrorBody): unknown;
  /** Sent when a stream has begun. */
  inStream(error: ApiErrorBody, exchange: Exchange): void;
}

export const OPENAI_ERRORS: ErrorFormat = {
  body: (error) => ({ error }),
  inStream: (error, { events }) => {
    // vLLM writes these with Python's separators.
    const { message, type, param, code } = error;
    const text = (value: unknown): string => JSON.stringify(value);
    events.send(
      `{"error": {"message": ${text(message)}, "type": ${text(type)}, "param": ${text(param)}, "code": ${code}}}`,
    );
    events.send('[DONE]');
    events.end();
  },
};

/** Reads requests, runs their handler and words what goes wrong. */
@Injectable()
export class Api {
  constructor(
    private readonly options: SimulatorOptions,
    private readonly logger: Logger,
  ) {}

  /**
   * @param handle answers the exchange, or throws
   */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    errors: ErrorFormat,
    handle: (exchange: Exchange) => Promise<void>,
  ): Promise<void> {
    let exchange: Exchange | undefined;
    try {
      this.authorize(request);
      const body = await readJson(request, this.options.config.maxRequestBytes);
      exchange = openExchange(request, response, body);
      if (this.happens(this.options.config.failRate)) throw new GenerationError('--fail-rate');
      if (this.happens(this.options.config.cutRate)) this.cutLater(response);
      await handle(exchange);
    } catch (error) {
      if (error instanceof AbortedError || response.destroyed) return;
      if (!(error instanceof ApiError)) this.logger.debug('answering with an error', { error });
      const wrong = wordsFor(error);
      if (exchange && comesInStream(wrong, exchange)) errors.inStream(wrong.body, exchange);
      else refuse(request, response, wrong, errors);
    }
  }

  private authorize(request: IncomingMessage): void {
    const { apiKey } = this.options.config;
    if (apiKey === undefined || request.headers.authorization === `Bearer ${apiKey}`) return;
    throw new ApiError(401, 'Unauthorized', 'Unauthorized');
  }

  private happens(rate: number): boolean {
    return rate > 0 && Math.random() < rate;
  }

  private cutLater(response: ServerResponse): void {
    const write = response.write.bind(response) as (chunk: string) => boolean;
    response.write = ((chunk: string) => {
      write(chunk);
      setImmediate(() => response.destroy());
      return true;
    }) as typeof response.write;
  }
}

function wordsFor(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const dead = error instanceof EngineDeadError || error instanceof GenerationError;
  const message = dead || error instanceof Error ? error.message : String(error);
  return new ApiError(500, 'InternalServerError', message);
}

/** A failure of the engine finds a stream's head sent: vLLM sends it before the engine has begun. */
function comesInStream(wrong: ApiError, { events, body }: Exchange): boolean {
  const asksForStream = (body as { stream?: unknown } | undefined)?.stream === true;
  return events.isOpen || (asksForStream && wrong.status === 500);
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  wrong: ApiError,
  errors: ErrorFormat,
): void {
  // What is left of a body that nobody reads stands in the way of the next request.
  if (wrong.status === 413) response.setHeader('connection', 'close');
  else request.resume();
  const body = wrong.status === 401 ? { error: wrong.message } : errors.body(wrong.body);
  sendJson(response, wrong.status, body);
}
