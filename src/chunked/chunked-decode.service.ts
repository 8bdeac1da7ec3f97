import { Inject, Injectable } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { sendContinue } from '../listener/expect-continue.js';
import { ProxyError } from '../errors/proxy.error.js';
import { Logger } from '../logging/logger.js';
import { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import { HeldBytes } from '../openai/held-bytes.js';
import { bufferBody } from '../proxy/buffer-body.js';
import { BufferBudget, type Reservation } from '../proxy/buffer-budget.js';
import { contentCodingOf } from '../proxy/content-coding.js';
import type { DecodeLeg, Exchange } from '../proxy/exchange.js';
import { UpstreamService, type Requester } from '../proxy/upstream.service.js';
import { tryReadObject } from './chat-choice.js';
import { readChatRequest, type ChatRequest } from './chat-request.js';
import { ChunkBodies } from './chunk-bodies.js';
import { ChunkBudget } from './chunk-budget.js';
import { ChunkLog } from './chunk-log.js';
import { ChunkRun } from './chunk-run.js';
import type { ChunkedAnswer } from './chunked-answer.js';
import { EventAnswer } from './event-answer.js';
import { UsageSum } from './usage-sum.js';
import { WholeAnswer } from './whole-answer.js';

/** Decodes answers of chats in chunks (`--decode-chunk-size`), where that does not change what they mean. */
@Injectable()
export class ChunkedDecode {
  private readonly size: number;

  constructor(
    private readonly upstream: UpstreamService,
    private readonly budget: BufferBudget,
    private readonly metrics: SidecarMetrics,
    private readonly logger: Logger,
    @Inject(sidecarConfig.KEY) private readonly config: ConfigType<typeof sidecarConfig>,
  ) {
    this.size = config.decodeChunkSize;
  }

  /** Whether requests of this kind are looked at. */
  isFor({ facts }: Exchange): boolean {
    return this.size > 0 && facts.api === 'chat_completions';
  }

  /**
   * Reads the body, where nobody did, and divides the decode leg: `exchange.decode` becomes its first request.
   *
   * @param head writes the head of a further request that carries `length` bytes for a leg
   * @returns what sends that request and those that follow it; undefined: the leg is to be sent as it is
   * @throws ProxyError as `bufferBody` does
   */
  async divide(
    exchange: Exchange,
    head: (leg: DecodeLeg, length: number) => string,
  ): Promise<Requester | undefined> {
    const leg = exchange.decode ?? (await this.read(exchange));
    if (!leg) return undefined;
    exchange.decode = leg;
    const reservation = this.budget.open();
    const request = keep(this.requestOf(leg), reservation);
    if (typeof request === 'string') return this.leaveWhole(exchange, request);
    const { once, fields, transform } = leg;
    const observer = new ChunkLog(exchange, reservation, this.metrics, this.logger);
    // It holds on to nothing of the leg's body.
    const next: DecodeLeg = { body: [], ...(fields && { fields }) };
    const answer = this.answerTo(request, once, observer, (length) => head(next, length));
    const body = answer.bodies.first(answer.budget.next());
    exchange.decode = { ...next, body, ...(transform && { transform }) };
    return {
      request: (origin, first, receiver) => {
        observer.onBegin({ size: this.size, stream: request.stream });
        return new ChunkRun(this.upstream, origin, first, receiver, answer).start();
      },
    };
  }

  private async read(exchange: Exchange): Promise<DecodeLeg | undefined> {
    const { request, response } = exchange;
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    const isEmpty = coding === undefined && (length === undefined || length === '0');
    // What hides its content is the engine's business.
    if (isEmpty || contentCodingOf(request) !== undefined) return undefined;
    const reason = length === undefined ? undefined : this.tooLong(Number(length));
    if (reason !== undefined) return this.leaveWhole(exchange, reason);
    const bytes = await bufferBody(exchange, {
      budget: this.budget,
      limit: this.config.maxRequestBytes,
      begin: () => sendContinue(response),
    });
    return { body: [bytes] };
  }

  /** @returns why a body that can be passed on unread is not to be read, where it is not */
  private tooLong(length: number): string | undefined {
    if (length > this.config.maxRequestBytes) return `${length} bytes are not held`;
    // As it was sent, and the copy that is kept.
    return noRoomFor(() => this.budget.open().expect(2 * length));
  }

  private leaveWhole({ facts }: Exchange, reason: string): undefined {
    this.logger.debug('decoded in one piece', { requestId: facts.requestId, reason });
  }

  /** @returns why the leg has to stay in one piece, where it has to */
  private requestOf({ body, indivisible }: DecodeLeg): ChatRequest | string {
    if (indivisible !== undefined) return indivisible;
    const bytes =
      body.length === 1
        ? Buffer.from(body[0]!.buffer, body[0]!.byteOffset, body[0]!.length)
        : Buffer.concat(body);
    const json = tryReadObject(bytes);
    return json ? readChatRequest(json, this.size) : 'the body is not a JSON object';
  }

  private answerTo(
    request: ChatRequest,
    once: DecodeLeg['once'],
    observer: ChunkLog,
    head: ChunkedAnswer['head'],
  ): ChunkedAnswer {
    const { stream, limit, minimum } = request;
    const text = new HeldBytes();
    const usage = new UsageSum();
    return {
      stream,
      head,
      observer,
      text,
      usage,
      bodies: new ChunkBodies(request, once),
      budget: new ChunkBudget(this.size, limit, minimum),
      stitcher: stream ? new EventAnswer(text, usage) : new WholeAnswer(text, usage),
    };
  }
}

/** Copies the body: the client's own memory is given back when the first answer begins, and this one when the last ends. */
function keep(request: ChatRequest | string, reservation: Reservation): ChatRequest | string {
  if (typeof request === 'string') return request;
  const { body } = request;
  const reason = noRoomFor(() => reservation.grow(body.bytes.length));
  if (reason !== undefined) return reason;
  return { ...request, body: { ...body, bytes: Buffer.from(body.bytes) } };
}

/** @returns why a reservation was refused, where it was */
function noRoomFor(reserve: () => void): string | undefined {
  try {
    reserve();
    return undefined;
  } catch (error) {
    if (error instanceof ProxyError) return `no memory: ${error.message}`;
    throw error;
  }
}
