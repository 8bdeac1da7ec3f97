import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProxyError } from '../../../errors/proxy.error.js';
import { onClientGone } from '../../../listener/client-gone.js';
import type { AccessLog } from '../../../logging/access-log.js';
import type { RouterMetrics } from '../../../metrics/router.metrics.js';
import { accessEntryOf, statusOf } from '../../../proxy/access-entry-of.js';
import { answerError } from '../../../proxy/error-answer.js';
import { clientAddress } from '../../../proxy/client-address.js';
import { bindExchange, type Exchange } from '../../../proxy/exchange.js';
import { RoutedExchange } from '../routing/routed-exchange.js';
import { errorShapeOf } from './error-shape.js';
import { count } from './count.js';
import type { DrainState } from '../../../health/drain-state.js';
import type { Cors } from './cors.js';
import type { InFlight } from './in-flight.js';
import type { RouterOptions } from '../router.options.js';
import type { RouterConfig } from '../router.settings.js';
import type { Tracing } from '../../../tracing/tracing.js';
import { requestEnd } from '../routing/spans.js';
import type { DecisionLog } from '../seeing/decision-log.js';
import { explain, wantsExplanation } from '../seeing/explain-header.js';
import type { Keys } from './keys.js';
import { routedRequestId } from './request-id.js';
import { isOpen, isOwn, ownMethods, routeLabel, TO_A_WORKER } from './routes.js';

export interface FrontServices {
  readonly metrics: RouterMetrics;
  readonly accessLog: AccessLog;
  readonly decisions: DecisionLog;
  /** Undefined: no spans. */
  readonly tracing: Tracing | undefined;
  readonly keys: Keys;
  readonly options: RouterOptions;
  readonly cors: Cors;
  readonly drain: DrainState;
  readonly inFlight: InFlight;
}

/** What happens to every request before the controllers and after its answer. */
export class RouterFront {
  private requestIdHeaders: readonly string[];

  /** @param next Nest's router */
  constructor(
    private readonly services: FrontServices,
    private readonly next: (request: IncomingMessage, response: ServerResponse) => void,
  ) {
    const { options } = services;
    this.requestIdHeaders = idHeaders(options.config);
    options.onChange(['requestIdHeaders'], (config) => {
      this.requestIdHeaders = idHeaders(config);
    });
  }

  readonly handle = (request: IncomingMessage, response: ServerResponse): void => {
    const target = request.url!;
    const path = target.split('?', 1)[0]!;
    const exchange = new RoutedExchange(request, response, {
      target,
      path,
      api: undefined,
      requestId: this.idOf(request, path),
    });
    exchange.errorBody = errorShapeOf(request.method!, path);
    this.trace(exchange);
    exchange.explains = this.services.decisions.size > 0;
    if (wantsExplanation(exchange)) this.explain(exchange);
    bindExchange(exchange);
    this.watch(exchange);
    const { cors, keys, drain } = this.services;
    if (cors.handle(request, response)) return;
    try {
      if (drain.refusing && !isOpen(path)) throw new ProxyError('draining', path);
      keys.check(request, path);
      checkMethod(request, response, path);
    } catch (error) {
      return refuse(exchange, ProxyError.from(error));
    }
    if (!isOwn(request.method!, path)) request.url = TO_A_WORKER;
    this.next(request, response);
  };

  idOf(request: IncomingMessage, path = request.url!.split('?', 1)[0]!): string {
    return routedRequestId(request, path, this.requestIdHeaders);
  }

  private trace(exchange: RoutedExchange): void {
    const { tracing, options } = this.services;
    const { request, facts } = exchange;
    const { method, rawHeaders } = request;
    const { path } = facts;
    if (tracing === undefined || isOwn(method!, path)) return;
    if (options.config.otelExcludedPaths.includes(path)) return;
    const route = routeLabel(path);
    exchange.span = tracing.startRequest({ rawHeaders, method: method!, path, route });
  }

  private explain(exchange: RoutedExchange): void {
    if (isOwn(exchange.request.method!, exchange.facts.path)) return;
    exchange.explains = true;
    explain(exchange);
  }

  private watch(exchange: RoutedExchange): void {
    const { request, response } = exchange;
    this.services.inFlight.begin();
    // A connection that is closed no longer knows whose it was.
    const client = clientAddress(request);
    const stopWatching = onClientGone(response, (leaving) => exchange.end(leaving));
    response.once('close', () => {
      stopWatching();
      if (!response.writableFinished) exchange.end('client_gone');
      exchange.releaseBody();
      this.finish(exchange, client);
      this.services.inFlight.end();
    });
  }

  private finish(exchange: RoutedExchange, client: string): void {
    const { metrics, accessLog, decisions } = this.services;
    const durationMs = performance.now() - exchange.startedAt;
    if (!isOwn(exchange.request.method!, exchange.facts.path)) {
      count(exchange, metrics, durationMs);
      if (exchange.errorCode !== 'unauthorized') {
        decisions.add(exchange, statusOf(exchange), durationMs);
      }
    }
    exchange.span?.end(requestEnd(exchange));
    if (!accessLog.enabled) return;
    const { model, decisions: choices } = exchange;
    const policy = choices.at(-1)?.policy;
    accessLog.write(accessEntryOf(exchange, { durationMs, client, model, policy }));
  }
}

/** Names of headers are in lower case where they are looked for. */
function idHeaders({ requestIdHeaders }: RouterConfig): string[] {
  return requestIdHeaders.map((name) => name.toLowerCase());
}

/** What is the router's own is nobody else's by another method. @throws ProxyError method_not_allowed */
function checkMethod({ method }: IncomingMessage, response: ServerResponse, path: string): void {
  const methods = ownMethods(path);
  if (!methods || methods.includes(method!)) return;
  response.setHeader('Allow', methods.join(', '));
  throw new ProxyError('method_not_allowed', `${method} ${path}`);
}

/** Before the router knows of it. */
function refuse(exchange: Exchange, error: ProxyError): void {
  const { response, facts } = exchange;
  exchange.errorCode = error.code;
  exchange.outcome = 'rejected';
  exchange.responseBytes = answerError(
    response,
    error,
    facts.requestId,
    exchange.errorBody?.(error),
  );
}
