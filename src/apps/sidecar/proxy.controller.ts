import { All, Controller, Post, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChunkedDecode } from '../../chunked/chunked-decode.service.js';
import { ConnectorGuard } from '../../connector/connector.guard.js';
import { sendContinue } from '../../listener/expect-continue.js';
import { GENERATE_PATHS } from '../../openai/api.js';
import { AvailabilityGuard } from '../../prefiller/availability.guard.js';
import { DiscoveryGuard } from '../../prefiller/discovery.guard.js';
import { takeArrived } from '../../proxy/arrived-body.js';
import { exchangeOf, type Exchange } from '../../proxy/exchange.js';
import { ForwardService } from '../../proxy/forward.service.js';
import { Origins } from '../../proxy/origins.js';
import type { RequestBody } from '../../proxy/request-body.js';
import { StreamedRequestBody } from '../../proxy/streamed-request-body.js';
import type { Requester } from '../../proxy/upstream.service.js';
import { SsrfGuard } from '../../ssrf/ssrf.guard.js';
import { TargetGuard } from '../../ssrf/target.guard.js';
import { LegHeads } from './leg-heads.js';
import { PrefillInterceptor } from './prefill.interceptor.js';
import { PASS_THROUGH } from './routes.js';

/** Streams: the decoder's answer to whatever the guards admitted and the interceptor prepared. */
@Controller()
export class ProxyController {
  constructor(
    private readonly forward: ForwardService,
    private readonly origins: Origins,
    private readonly heads: LegHeads,
    private readonly chunked: ChunkedDecode,
  ) {}

  /** Requests that may be disaggregated. The order of the guards is the order of refusals. */
  @Post([...GENERATE_PATHS])
  @UseGuards(TargetGuard, DiscoveryGuard, ConnectorGuard, SsrfGuard, AvailabilityGuard)
  @UseInterceptors(PrefillInterceptor)
  async generate(@Req() request: IncomingMessage, @Res() _response: ServerResponse): Promise<void> {
    const exchange = exchangeOf(request);
    const refused = await this.answer(exchange);
    if (!refused || !exchange.ifRefused) return;
    await exchange.ifRefused();
    await this.answer(exchange);
  }

  /** Everything else, byte for byte; `routes.ts` says how it gets here. */
  @All(PASS_THROUGH)
  async passThrough(
    @Req() request: IncomingMessage,
    @Res() _response: ServerResponse,
  ): Promise<void> {
    const exchange = exchangeOf(request);
    await this.decode(exchange, await this.bodyAsSent(exchange));
  }

  /** @returns whether the decoder refused */
  private async answer(exchange: Exchange): Promise<boolean> {
    const { answer } = exchange;
    if (!answer) {
      const chunks = this.chunked.isFor(exchange) ? await this.divide(exchange) : undefined;
      const body = exchange.decode?.body ?? (await this.bodyAsSent(exchange));
      return this.decode(exchange, body, chunks);
    }
    this.forward.buffered(exchange, answer);
    return false;
  }

  private divide(exchange: Exchange): Promise<Requester | undefined> {
    return this.chunked.divide(exchange, ({ fields }, length) =>
      this.heads.continuation(exchange, length, fields),
    );
  }

  /** @param chunks sends it in several requests, where it does */
  private decode(exchange: Exchange, body: RequestBody, chunks?: Requester): Promise<boolean> {
    const request = {
      head: this.heads.decode(exchange, chunks !== undefined),
      body,
      memory: exchange.body,
      toHead: exchange.request.method === 'HEAD',
      // The decoder is beside us and may think as long as it likes.
      connectTimeout: 0,
      headTimeout: 0,
    };
    return this.forward.stream(exchange, this.origins.decoders[exchange.rank]!, request, chunks);
  }

  private async bodyAsSent(exchange: Exchange): Promise<RequestBody> {
    const { contentLength, chunked } = this.heads.fieldsOf(exchange);
    if (!chunked && (contentLength === undefined || contentLength === '0')) return undefined;
    sendContinue(exchange.response);
    if (contentLength !== undefined) {
      // A short body comes with its head, and leaves with it in one write.
      await Promise.resolve();
      const arrived = takeArrived(exchange.request, Number(contentLength));
      if (arrived) return [arrived];
    }
    return new StreamedRequestBody(exchange.request, chunked);
  }
}
