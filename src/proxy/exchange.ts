import type { ExecutionContext } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorCode } from '../errors/error-table.js';
import type { ProxyError } from '../errors/proxy.error.js';
import type { GenerateApi } from '../openai/api.js';
import type { BodySlices } from '../openai/json-splice.js';
import type { PayloadTransform } from '../openai/payload-transform.js';
import type { Target } from '../endpoint/target.js';
import type { AccessOutcome } from '../logging/access-entry.js';
import type { BodyMemory } from './body-memory.js';
import type { Reservation } from './buffer-budget.js';
import type { LegSpan, RequestSpan } from '../tracing/tracing.js';
import type { UpstreamError } from './upstream-error.js';
import type { RequestFields } from './request-fields.js';
import type { ResponseHead } from './wire/response-head.js';

/** What the routing headers of a request ask for, once they are parsed. */
export interface PrefillRoute {
  /** In order of preference; the first one decides whether the request is allowed. */
  readonly candidates: readonly Target[];
}

/** A request to an engine, as a connector makes it. */
export interface Leg {
  readonly body: BodySlices;
  /** What its head says beside the client's fields, lower-case name to value. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Its `x-request-id`, where that is not the request's. */
  readonly requestId?: string;
  /** Of a prefill: the prefiller that it was made for, where it may go to a part of its addresses alone. */
  readonly target?: Target;
}

/** The decode leg as the prefill left it. */
export interface DecodeLeg extends Leg {
  /** Corrects the answer on its way, where the connector asks for it. */
  readonly transform?: (head: ResponseHead) => PayloadTransform | undefined;
  /** Members of its body that hold for one request: who goes on with the answer leaves them out, as `kv_transfer_params`. */
  readonly once?: readonly string[];
  /** Why nobody can go on with the answer, where the engine takes no request without a prefill. */
  readonly indivisible?: string;
}

/** A leg under way beside the decode, which is worth nothing without it. */
export interface LegBeside {
  /**
   * What the client gets in place of the decoder's answer: an engine's own, or an error. Undefined when the leg did its
   * part, or was ended. Never rejects.
   */
  readonly failure: Promise<BufferedAnswer | ProxyError | undefined>;
  /**
   * The decoder's answer is kept from the client until the leg did its part: so many milliseconds at most, 0 = no limit.
   * Undefined: it is passed on as it comes.
   */
  readonly holds?: number | undefined;
  /** Nobody needs it any more. */
  abort(): void;
}

/** An engine's whole answer that goes to the client as it came. */
export interface BufferedAnswer {
  readonly head: ResponseHead;
  readonly body: Buffer;
}

/** Facts of a request, fixed when it arrives. */
export interface ExchangeFacts {
  /** The request-target as it was sent, in origin form. */
  readonly target: string;
  /** The target without its query. */
  readonly path: string;
  /** Set for requests that may be disaggregated. */
  readonly api: GenerateApi | undefined;
  /** The only `x-request-id` of all legs and of the answer. */
  readonly requestId: string;
}

/** Milliseconds, where they are known. */
export interface Timings {
  /** All requests to encoders, which are under way at once. */
  encode?: number;
  prefill?: number;
  /** From the request's arrival to the first byte of the answer's body. */
  firstByte?: number;
  decode?: number;
}

/**
 * One request and its answer: the state that guard, interceptor and controller hand on.
 *
 * It lives in this object alone: no request scope, no hidden context.
 */
export class Exchange {
  readonly startedAt = performance.now();
  readonly timings: Timings = {};
  route?: PrefillRoute;
  /** Name of the connector that the request asks for, or of the configured one, where it needs one. */
  connector?: string | undefined;
  /** Where cached KV may be pulled from, besides. */
  kvSource?: Target | undefined;
  /** Those that encode what is no text, where the request names some. */
  encoders?: readonly Target[] | undefined;
  /** Set by the interceptor after a prefill: what the controller sends to the decoder. */
  decode?: DecodeLeg | undefined;
  /** Set by the interceptor where {@link decode} may be refused: has the prompt prefilled, and sets `decode` or `answer`. */
  ifRefused?: (() => Promise<void>) | undefined;
  /** Set by the interceptor when a prefill runs on while the controller decodes. */
  beside?: LegBeside | undefined;
  /** The request's body, once it was read, and what it takes of the budget. */
  body?: BodyMemory;
  reservation?: Reservation;
  /** Set by the interceptor when a prefiller's own answer is the answer. */
  answer?: BufferedAnswer;
  /** The client's header fields, once a leg needed them. */
  fields?: RequestFields;
  span?: RequestSpan | undefined;
  encodeSpan?: LegSpan | undefined;
  prefillSpan?: LegSpan | undefined;
  decodeSpan?: LegSpan | undefined;
  outcome: AccessOutcome = 'ok';
  errorCode?: ErrorCode;
  /** Why the engine's answer broke off, when the outcome is `upstream_cut`. */
  cutBy?: UpstreamError;
  retries = 0;
  /** Set where a client is told why its event stream is cut: the bytes of an event that go out before. */
  lastWords?: (() => string) | undefined;
  /** Shapes errors where they have not that of OpenAI's API. */
  errorBody?: ((error: ProxyError) => object) | undefined;
  /** URL of the worker that a router asked last. */
  worker?: string;
  /** The prefiller that was asked last. */
  prefiller?: Target;
  requestBytes = 0;
  responseBytes = 0;
  /** The client left, or the deadline passed: no further leg starts. */
  ended = false;
  private readonly listeners: (() => void)[] = [];

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    readonly facts: ExchangeFacts,
    /** Data-parallel rank of the decoder; that of the port at which the request arrived, unless it asks for another. */
    public rank = 0,
  ) {}

  /** The client has gone or may wait no longer: whatever runs for it stops now. */
  end(outcome: AccessOutcome): void {
    if (this.ended) return;
    this.ended = true;
    // Who has been told of a failure and hangs up has not left.
    if (this.errorCode === undefined) this.outcome = outcome;
    for (const listener of this.listeners.splice(0)) listener();
  }

  /** The legs are sent and answered: a long prompt is not to be held while its answer streams. */
  releaseBody(): void {
    this.decode = undefined;
    this.ifRefused = undefined;
    if (this.body) this.body.release();
    else this.reservation?.free();
  }

  /**
   * @param listener called at most once, at once when the exchange has ended already
   * @returns takes the listener back
   */
  whenEnded(listener: () => void): () => void {
    if (this.ended) {
      listener();
      return () => undefined;
    }
    const { listeners } = this;
    listeners.push(listener);
    return () => {
      const at = listeners.indexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    };
  }
}

const EXCHANGE = Symbol('exchange');

/** Ties an exchange to the request object that Nest hands around. */
export function bindExchange(exchange: Exchange): void {
  (exchange.request as { [EXCHANGE]?: Exchange })[EXCHANGE] = exchange;
}

/**
 * The exchange that a guard or an interceptor is asked about. The request is the first argument of every HTTP handler;
 * `switchToHttp` would make three functions a call to say so.
 */
export function exchangeIn(context: ExecutionContext): Exchange {
  return exchangeOf(context.getArgByIndex<IncomingMessage>(0));
}

/** @throws TypeError for a request that did not come through the sidecar's front */
export function exchangeOf(request: IncomingMessage): Exchange {
  const exchange = (request as { [EXCHANGE]?: Exchange })[EXCHANGE];
  if (!exchange) throw new TypeError('the request has no exchange');
  return exchange;
}
