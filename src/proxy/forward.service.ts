import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '../errors/error-table.js';
import { ProxyError } from '../errors/proxy.error.js';
import { AnswerRelay, type RelayEnd } from './answer-relay.js';
import type { BufferedAnswer, Exchange, LegBeside } from './exchange.js';
import { HeldAnswer } from './held-answer.js';
import type { Origin } from './origin.js';
import type { UpstreamError } from './upstream-error.js';
import { UpstreamService, type Requester, type UpstreamRequest } from './upstream.service.js';

/** A decode as whoever else may end it sees it. */
interface DecodeUnderWay {
  readonly isOver: () => boolean;
  readonly settle: () => void;
  readonly resolve: (refused: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/** The only place where bytes stream from an engine to a client. */
@Injectable()
export class ForwardService {
  constructor(private readonly upstream: UpstreamService) {}

  /**
   * Sends a request to the decoder and its answer to the client, aborting either when the other
   * leaves.
   *
   * @param upstream who sends the request, where it is not sent as it is
   * @returns when the answer was handed over, or nobody is there to take it: false; true when the decoder refused, and
   *   the client has nothing yet (`PayloadTransform.refused`)
   * @throws ProxyError when nothing was sent to the client yet
   */
  stream(
    exchange: Exchange,
    origin: Origin,
    request: UpstreamRequest,
    upstream: Requester = this.upstream,
  ): Promise<boolean> {
    if (exchange.ended) return Promise.resolve(false);
    const started = performance.now();
    // No closure below captures `request`: its body is not to be held while the answer streams.
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    let isOver = false;
    const { beside } = exchange;
    const settle = (): void => {
      isOver = true;
      held?.drop();
      stopWaiting();
      exchange.timings.decode = performance.now() - started;
    };
    const end: RelayEnd = {
      onComplete: (refused) => {
        settle();
        // Nobody will fetch what is prefilled for it.
        if (beside && exchange.response.statusCode >= 300) beside.abort();
        resolve(refused);
      },
      onCut: (error) => {
        settle();
        exchange.cutBy = error;
        exchange.end('upstream_cut');
        resolve(false);
      },
      onFailureBeforeHead: (error) => {
        settle();
        beside?.abort();
        reject(decoderError(error));
      },
    };
    const relay = new AnswerRelay(exchange, end, exchange.decode?.transform);
    const held =
      beside &&
      this.heed(exchange, beside, relay, { settle, resolve, reject, isOver: () => isOver });
    relay.call = upstream.request(origin, request, held ?? relay);
    const stopWaiting = exchange.whenEnded(() => {
      isOver = true;
      held?.drop();
      relay.call.abort();
      resolve(false);
    });
    return promise;
  }

  /**
   * Has the leg beside a decode decide about its answer: one that fails gives the client another one, or cuts it off.
   *
   * @returns what takes the answer in the relay's place, where it is not to be passed on before that leg did its part
   */
  private heed(
    exchange: Exchange,
    beside: LegBeside,
    relay: AnswerRelay,
    decode: DecodeUnderWay,
  ): HeldAnswer | undefined {
    const instead = (failure: BufferedAnswer | ProxyError): void => {
      decode.settle();
      if (!relay.abandon()) cutBeside(exchange, failure);
      else if (failure instanceof ProxyError) return decode.reject(failure);
      else this.buffered(exchange, failure);
      decode.resolve(false);
    };
    const { holds, failure } = beside;
    const onLate = (): void => {
      beside.abort();
      instead(new ProxyError('prefill_late', `no answer in ${holds} ms`));
    };
    const held = holds === undefined ? undefined : new HeldAnswer(relay, holds, onLate);
    failure
      .then((failed) => {
        if (decode.isOver()) return;
        if (failed === undefined) held?.release();
        else instead(failed);
      })
      // What cannot be sent on is a failure like any other.
      .catch(decode.reject);
    return held;
  }

  /** Sends an answer that is there already, such as a prefiller's refusal. */
  buffered(exchange: Exchange, answer: BufferedAnswer): void {
    const { head, body } = answer;
    const fields: string[] = [];
    for (let i = 0; i < head.headers.length; i += 2) {
      const lower = head.headers[i]!.toLowerCase();
      if (lower !== 'x-request-id' && lower !== 'content-length') {
        fields.push(head.headers[i]!, head.headers[i + 1]!);
      }
    }
    fields.push('X-Request-Id', exchange.facts.requestId, 'Content-Length', String(body.length));
    exchange.responseBytes = body.length;
    exchange.response.writeHead(head.statusCode, head.reason, fields).end(body);
  }
}

const DECODER_ERRORS: Readonly<Record<UpstreamError['failure'], ErrorCode>> = {
  connect: 'decoder_not_ready',
  'connect-timeout': 'decoder_not_ready',
  reset: 'decoder_failed',
  'head-timeout': 'decoder_failed',
  'body-timeout': 'decoder_failed',
  truncated: 'decoder_failed',
  protocol: 'decoder_protocol',
  tls: 'decoder_tls',
};

function decoderError(error: UpstreamError): ProxyError {
  return new ProxyError(DECODER_ERRORS[error.failure], error.message, { cause: error });
}

/** The client has a part of an answer whose prefill failed: its connection is cut already. */
function cutBeside(exchange: Exchange, failure: BufferedAnswer | ProxyError): void {
  exchange.end('upstream_cut');
  exchange.errorCode = failure instanceof ProxyError ? failure.code : 'prefill_server_error';
}
