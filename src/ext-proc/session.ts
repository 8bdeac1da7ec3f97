import type { CallHandler, GrpcCall } from '../grpc/grpc-call.js';
import { ProxyError } from '../errors/proxy.error.js';
import { GrpcError, GrpcStatus } from '../grpc/status.js';
import type { BufferBudget } from '../proxy/buffer-budget.js';
import type { Decider, Exchange, ExchangeEnd, ProxiedRequest, Route, Verdict } from './decider.js';
import { HeaderMap } from './header-map.js';
import { HeldBody } from './held-body.js';
import {
  BodyMode,
  FULL_DUPLEX,
  MessageKind,
  ProcessingRequest,
  type ProtocolConfig,
} from './processing-request.js';
import {
  continueTrailers,
  continueWith,
  immediate,
  type ImmediateAnswer,
} from './processing-response.js';
import { sendBody } from './request-body.js';
import { ResponsePhase } from './response-phase.js';
import { subsetOf } from './subset-hint.js';
import { WireError } from './wire-reader.js';

/** The filter under whose name Envoy sends attributes. */
const FILTER = 'envoy.filters.http.ext_proc';
const ROUTE_NAME = 'xds.route_name';
const NO_BYTES = Buffer.alloc(0);
/** Bytes that a message takes beside its own, nearly. */
const OF_A_MESSAGE = 512;

/**
 * One stream of `ExternalProcessor.Process`: one request and its answer, in whatever body modes the proxy has.
 *
 * What the proxy waits for, and when:
 * - full duplex: nothing before the end of the body; then headers, body and, where they came, trailers are answered.
 * - buffered: headers at once, the decision in the answer to the body.
 * - streamed or none: the decision in the answer to the headers; what comes later is let through.
 */
export class ExtProcSession implements CallHandler, ProxiedRequest {
  readonly arrivedAt = performance.now();
  headers = new HeaderMap();
  body: Buffer | undefined;
  hasBody = false;
  mayBeCut = false;
  subset: readonly string[] | undefined;
  routeName: string | undefined;
  isGone = false;
  private modes: ProtocolConfig = FULL_DUPLEX;
  private observes = false;
  private isFirst = true;
  private readonly held: HeldBody;
  private bodyIsOver = false;
  private hasTrailers = false;
  /** Some of the request has come. */
  private hasBegun = false;
  private hasHeaders = false;
  /** The proxy has said all. */
  private hasEnded = false;
  private isDeciding = false;
  private isDecided = false;
  private exchange: Exchange | undefined;
  private response: ResponsePhase | undefined;
  private goneCallback: (() => void) | undefined;
  /** Messages that came while the decision was pending: of a proxy that does not wait. */
  private readonly early: ProcessingRequest[] = [];

  constructor(
    private readonly call: GrpcCall,
    private readonly decider: Decider,
    budget: BufferBudget,
  ) {
    this.held = new HeldBody(budget);
  }

  message(bytes: Buffer): void {
    const message = parsed(bytes);
    if (this.isFirst) this.begin(message);
    if (this.observes) return;
    if (this.isDeciding && message.isOfAnswer) this.overtaken();
    this.handle(message);
  }

  /** The proxy has said all: where it shows no answers that is all there is, else the client has left. */
  ended(): void {
    // Who still waits for the decision gets it: a proxy that gives up resets the stream, at once or a little later.
    this.hasEnded = true;
    if (this.isDeciding) return;
    // Where no body is shown the end of the stream is that of the answer, once there can be one.
    const isWhole = this.modes.response === BodyMode.none && this.isDecided;
    this.leave(isWhole ? 'completed' : 'client-gone');
    this.call.finish();
  }

  overflowed(error: ProxyError): void {
    this.end(this.decider.refusalOf(error));
  }

  gone(): void {
    this.leave('client-gone');
  }

  whenGone(callback: () => void): void {
    this.goneCallback = callback;
  }

  private begin(message: ProcessingRequest): void {
    this.isFirst = false;
    this.modes = message.config ?? FULL_DUPLEX;
    this.observes = message.observes;
  }

  private handle(message: ProcessingRequest): void {
    try {
      this.dispatch(message);
    } catch (error) {
      if (!(error instanceof ProxyError)) throw asRefused(error);
      this.overflowed(error);
    }
  }

  private dispatch(message: ProcessingRequest): void {
    if (this.isDeciding) return this.keep(message);
    switch (message.kind) {
      case MessageKind.requestHeaders:
        return this.requestHeaders(message);
      case MessageKind.requestBody:
        return this.requestBody(message);
      case MessageKind.requestTrailers:
        return this.requestTrailers(message);
      case MessageKind.responseHeaders:
        this.answer.headers(message);
        return this.endIfOver();
      case MessageKind.responseBody:
        this.answer.body(message);
        return this.endIfOver();
      case MessageKind.responseTrailers:
        this.answer.trailers();
        return this.endIfOver();
      case undefined:
        throw new GrpcError(GrpcStatus.invalidArgument, 'a ProcessingRequest without a known part');
    }
  }

  /** Until the decision. In full duplex the body is here by then: it is its end that is told twice. */
  private keep(message: ProcessingRequest): void {
    const { request } = this.modes;
    if (message.kind === MessageKind.requestBody && request === BodyMode.fullDuplex) return;
    this.held.count(message.size + OF_A_MESSAGE);
    this.early.push(message);
  }

  private requestHeaders(message: ProcessingRequest): void {
    // Another decision would leave the first one counted for ever.
    if (this.hasBegun) {
      const fault = this.hasHeaders ? 'twice' : 'behind the body';
      throw new GrpcError(GrpcStatus.invalidArgument, `request_headers ${fault}`);
    }
    this.hasBegun = true;
    this.hasHeaders = true;
    this.headers = message.headers();
    this.hasBody = !message.endOfStream;
    this.subset = subsetOf(message);
    const name = message.attribute(FILTER, ROUTE_NAME);
    this.routeName = typeof name === 'string' ? name : undefined;
    if (message.endOfStream) this.bodyIsOver = true;
    const { request } = this.modes;
    if (this.bodyIsOver || request === BodyMode.none || request === BodyMode.streamed) {
      return this.decide(({ headers, metadata }) =>
        this.call.send(continueWith(MessageKind.requestHeaders, { headers, metadata })),
      );
    }
    // A body may never come, trailers alone may: then no answer can change the headers any more.
    if (this.isBuffered) {
      const headers = { remove: this.decider.removedHeaders };
      this.call.send(continueWith(MessageKind.requestHeaders, { headers }));
    }
  }

  private requestBody(message: ProcessingRequest): void {
    this.hasBegun = true;
    this.subset = subsetOf(message) ?? this.subset;
    if (this.isDecided) {
      // Full duplex has all of it already: some proxies tell the end twice.
      if (this.modes.request !== BodyMode.fullDuplex)
        this.call.send(continueWith(MessageKind.requestBody));
      return;
    }
    if (this.bodyIsOver) return;
    if (message.body.length > 0) this.held.add(message.body);
    if (this.isBuffered) {
      this.mayBeCut = this.modes.request === BodyMode.bufferedPartial && !message.endOfStream;
      return this.decide(({ headers, metadata, body }) => {
        const whole = body && Buffer.concat(body);
        this.call.send(continueWith(MessageKind.requestBody, { headers, metadata, body: whole }));
      });
    }
    if (message.endOfStream) this.decideInFull();
  }

  private requestTrailers(message: ProcessingRequest): void {
    this.hasBegun = true;
    this.hasTrailers = true;
    this.subset = subsetOf(message) ?? this.subset;
    if (this.isDecided) return this.call.send(continueTrailers(MessageKind.requestTrailers));
    if (this.isBuffered) {
      return this.decide(({ metadata }) =>
        this.call.send(continueTrailers(MessageKind.requestTrailers, metadata)),
      );
    }
    this.decideInFull();
  }

  /** Full duplex: the whole of it is there, and nothing was answered. */
  private decideInFull(): void {
    this.decide((route) => {
      const { call, held } = this;
      const { headers, metadata } = route;
      call.cork();
      call.send(continueWith(MessageKind.requestHeaders, { headers, metadata }));
      const body = route.body ?? held.slices;
      sendBody(MessageKind.requestBody, body, !this.hasTrailers, (frame, bytes) =>
        call.send(frame, bytes, held.hold()),
      );
      if (this.hasTrailers) call.send(continueTrailers(MessageKind.requestTrailers));
      call.uncork();
    });
  }

  /** The whole of it is here when the decision is due. */
  private get showsBody(): boolean {
    return (
      this.hasBody &&
      this.modes.request !== BodyMode.none &&
      this.modes.request !== BodyMode.streamed
    );
  }

  private get isBuffered(): boolean {
    const { request } = this.modes;
    return request === BodyMode.buffered || request === BodyMode.bufferedPartial;
  }

  private get answer(): ResponsePhase {
    return (this.response ??= new ResponsePhase(this.call, this.modes.response, this.exchange));
  }

  /** @param tell sends the answer that is due */
  private decide(tell: (route: Route) => void): void {
    this.bodyIsOver = true;
    this.body = this.showsBody ? (this.held.whole() ?? NO_BYTES) : undefined;
    const verdict = this.decider.decide(this);
    if (!(verdict instanceof Promise)) return this.take(verdict, tell);
    // Whoever is late may still read the body.
    this.held.keepMemory();
    this.isDeciding = true;
    verdict
      .then((late) => {
        this.isDeciding = false;
        this.take(late, tell);
        for (const message of this.early.splice(0)) if (!this.isGone) this.handle(message);
        if (this.hasEnded && !this.isGone) this.ended();
      })
      .catch((error: unknown) => this.call.fail(error));
  }

  private take(verdict: Verdict, tell: (route: Route) => void): void {
    this.goneCallback = undefined;
    if (verdict.kind === 'refusal') return this.refuse(verdict);
    const { exchange } = verdict;
    if (this.isGone) return exchange.ended('client-gone');
    this.isDecided = true;
    this.exchange = exchange;
    exchange.whenCut?.((answer) => this.cut(answer));
    tell(verdict);
    this.body = undefined;
    // What a proxy does not read is held as before.
    if (this.call.isBehind) this.call.whenSent(() => this.held.free());
    else this.held.free();
  }

  private refuse(answer: ImmediateAnswer): void {
    if (!this.isGone) this.end(answer);
  }

  private end(answer: ImmediateAnswer): void {
    this.call.send(immediate(answer));
    this.call.finish();
    this.leave('client-gone');
  }

  /** Before the answer's head the client can be told; after it the connection is all that can be cut. */
  private cut(answer: ImmediateAnswer): void {
    if (this.isGone || this.response?.isComplete) return;
    this.leave('cut-off');
    if (this.response?.hasBegun) return this.call.cut();
    this.call.send(immediate(answer));
    this.call.finish();
  }

  /** The proxy answers the client itself meanwhile: a decision is of no use any more. */
  private overtaken(): void {
    this.isDeciding = false;
    this.early.length = 0;
    this.leave('client-gone');
  }

  private endIfOver(): void {
    if (this.response?.isOver) this.leave('completed');
  }

  private leave(how: ExchangeEnd): void {
    if (how !== 'completed') this.isGone = true;
    const { exchange, goneCallback } = this;
    this.exchange = undefined;
    this.goneCallback = undefined;
    this.body = undefined;
    this.held.free();
    goneCallback?.();
    exchange?.ended(how);
  }
}

function parsed(bytes: Buffer): ProcessingRequest {
  try {
    return new ProcessingRequest(bytes);
  } catch (error) {
    throw asRefused(error);
  }
}

/** Parts of messages are read when they are asked for: what is wrong in them comes out late. */
function asRefused(error: unknown): unknown {
  if (!(error instanceof WireError)) return error;
  return new GrpcError(GrpcStatus.invalidArgument, `no ProcessingRequest: ${error.message}`);
}
