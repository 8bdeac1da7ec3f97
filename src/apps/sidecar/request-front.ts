import type { IncomingMessage, ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { ERRORS } from '../../errors/error-table.js';
import type { ErrorRow } from '../../errors/error-row.js';
import { ProxyError } from '../../errors/proxy.error.js';
import type { UnreadableRequest } from '../../listener/client-error.js';
import { onClientGone } from '../../listener/client-gone.js';
import { LineBudget } from '../../listener/line-budget.js';
import type { AccessEntry } from '../../logging/access-entry.js';
import type { AccessLog } from '../../logging/access-log.js';
import type { Logger } from '../../logging/logger.js';
import type { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import { accessEntryOf, statusOf } from '../../proxy/access-entry-of.js';
import { bindExchange, Exchange } from '../../proxy/exchange.js';
import { answerError } from '../../proxy/error-answer.js';
import { requestIdOf } from '../../proxy/request-id.js';
import { clientAddress } from '../../proxy/client-address.js';
import type { Tracing } from '../../tracing/tracing.js';
import { healthOfRank, PASS_THROUGH, routeData } from './routes.js';

const CLIENT_GONE = 499;
/** Access lines a second for what is no HTTP, so that garbage cannot flood the log. */
const UNREADABLE_LINES = 10;

/** How long a prefill may go on beside which the decode was completed. */
const LATE_PREFILL_MS = 5000;

/** What every request of the data port is noted in. */
export interface FrontServices {
  readonly metrics: SidecarMetrics;
  readonly accessLog: AccessLog;
  readonly logger: Logger;
  readonly tracing: Tracing;
  /** Milliseconds for a whole request; 0 = no limit. */
  readonly requestTimeout: number;
  /** There are several data-parallel ranks: access lines tell which one served. */
  readonly ranked: boolean;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * What happens to every request before the router and after its answer: it gets its exchange, is
 * counted and timed, ends when its client leaves or its deadline passes, and leaves one access line.
 */
export class RequestFront {
  private readonly unreadableLines = new LineBudget(UNREADABLE_LINES);
  private cutting = false;

  /** @param next Nest's router */
  constructor(
    private readonly services: FrontServices,
    private readonly next: Handler,
  ) {}

  /** @param rank the data-parallel rank whose port requests arrive at */
  readonly handler =
    (rank: number): Handler =>
    (request, response) => {
      const target = request.url!;
      const query = target.indexOf('?');
      const path = query < 0 ? target : target.slice(0, query);
      const { url, api } = routeData(request.method!, path);
      const facts = { target, path, api, requestId: requestIdOf(request) };
      const exchange = new Exchange(request, response, facts, rank);
      bindExchange(exchange);
      this.watch(exchange);
      if (!api && request.headers['x-prefiller-host-port']) this.warnIgnored(exchange);
      request.url = url;
      if (!api && url !== PASS_THROUGH) {
        response.setHeader('X-Request-Id', facts.requestId);
        if (this.services.ranked) request.url = healthOfRank(url, rank);
      }
      this.next(request, response);
    };

  /** `--shutdown-timeout` is over: requests that end from now on were cut here, not left by their clients. */
  cutOff(): void {
    this.cutting = true;
  }

  /** The listener refused a request before it got here: it counts and leaves its line all the same. */
  refused(request: IncomingMessage, status: number): string {
    this.services.metrics.requestStarted();
    this.note(request, { status, client: clientAddress(request), outcome: 'rejected' });
    return requestIdOf(request);
  }

  /** The listener refused what it could not even read: it counts, and leaves a line while there are not too many. */
  unreadable(request: UnreadableRequest): string {
    const { metrics, accessLog, logger } = this.services;
    const requestId = randomUUID();
    const { status } = request;
    metrics.requestStarted();
    metrics.requestFinished('', status, 0);
    const { allowed, withheld } = this.unreadableLines.take(performance.now());
    if (withheld > 0) logger.warn('unreadable requests left no access line', { count: withheld });
    if (allowed) {
      const client = clientAddress(request);
      accessLog.write({ method: '-', path: '-', status, requestId, client, outcome: 'rejected' });
    }
    return requestId;
  }

  /** A request that asks for a tunnel is in flight as long as its connection lasts. */
  upgraded(
    request: IncomingMessage,
    client: Duplex,
    { rank, upgrade }: { readonly rank: number; readonly upgrade: { readonly status?: number } },
  ): void {
    const startedAt = performance.now();
    const address = clientAddress(request);
    this.services.metrics.requestStarted();
    client.once('close', () => {
      const { status } = upgrade;
      const durationMs = performance.now() - startedAt;
      if (status === undefined) this.services.metrics.clientGone();
      this.note(request, {
        status: status ?? CLIENT_GONE,
        durationMs,
        rank: this.services.ranked ? rank : undefined,
        client: address,
        outcome: status === undefined ? 'client_gone' : undefined,
      });
    });
  }

  /** Counts and logs a request that has no exchange. */
  private note(
    request: IncomingMessage,
    end: Omit<AccessEntry, 'method' | 'path' | 'requestId'>,
  ): void {
    const { metrics, accessLog } = this.services;
    const path = request.url!.split('?', 1)[0]!;
    metrics.requestFinished(path, end.status, (end.durationMs ?? 0) / 1000);
    accessLog.write({
      method: request.method!,
      path,
      requestId: requestIdOf(request),
      ...end,
    });
  }

  private watch(exchange: Exchange): void {
    const { request, response, facts } = exchange;
    const { metrics, tracing, requestTimeout } = this.services;
    metrics.requestStarted();
    exchange.span = tracing.startRequest({
      rawHeaders: request.rawHeaders,
      method: request.method!,
      path: facts.path,
      route: facts.api ? facts.path : undefined,
    });
    // A connection that is closed no longer knows whose it was.
    const client = clientAddress(request);
    const stopWatching = onClientGone(response, (leaving) => {
      // The listener answers a body that turns out malformed.
      if (leaving === 'rejected' && !response.headersSent)
        response.setHeader('X-Request-Id', facts.requestId);
      exchange.end(this.cutting ? 'timeout' : leaving);
    });
    const deadline = requestTimeout > 0 ? this.limit(exchange) : undefined;
    response.once('close', () => {
      clearTimeout(deadline);
      stopWatching();
      if (!response.writableFinished) exchange.end(this.cutting ? 'timeout' : 'client_gone');
      exchange.releaseBody();
      const duration = performance.now() - exchange.startedAt;
      if (!exchange.beside) return this.finish(exchange, client, duration);
      // The prefill's end is a part of what is told, if it comes at all.
      const { failure, abort } = exchange.beside;
      const late = setTimeout(abort, LATE_PREFILL_MS).unref();
      void failure.then(() => {
        clearTimeout(late);
        this.finish(exchange, client, duration);
      });
    });
  }

  private limit(exchange: Exchange): NodeJS.Timeout {
    const { requestTimeout } = this.services;
    return setTimeout(() => {
      const error = new ProxyError('request_timeout', `longer than ${requestTimeout} ms`);
      exchange.end('timeout');
      exchange.errorCode = error.code;
      const { response, facts } = exchange;
      exchange.responseBytes += answerError(response, error, facts.requestId);
    }, requestTimeout);
  }

  private finish(exchange: Exchange, client: string, duration: number): void {
    const { metrics, accessLog, ranked } = this.services;
    const { facts, timings } = exchange;
    const status = statusOf(exchange);
    metrics.requestFinished(facts.path, status, duration / 1000);
    if (timings.firstByte !== undefined && facts.api) metrics.firstByte(timings.firstByte / 1000);
    if (timings.encode !== undefined) metrics.encodeFinished(timings.encode / 1000);
    if (timings.prefill !== undefined) metrics.prefillFinished(timings.prefill / 1000);
    if (timings.decode !== undefined && facts.api) metrics.decodeFinished(timings.decode / 1000);
    countFailure(exchange, metrics, status);
    this.warnCut(exchange);
    endSpans(exchange, status);
    if (!accessLog.enabled) return;
    const rank = ranked ? exchange.rank : undefined;
    accessLog.write(accessEntryOf(exchange, { durationMs: duration, client, rank }));
  }

  private warnCut({ cutBy, facts }: Exchange): void {
    if (!cutBy) return;
    const { requestId } = facts;
    this.services.logger.warn('the decoder broke off its answer', {
      requestId,
      reason: cutBy.message,
    });
  }

  private warnIgnored(exchange: Exchange): void {
    this.services.metrics.ignoredPrefillHeader();
    this.services.logger.warn(
      'x-prefiller-host-port on a path that is not disaggregated: ignored',
      {
        requestId: exchange.facts.requestId,
        method: exchange.request.method,
        path: exchange.facts.path,
      },
    );
  }
}

/** Ends what is still open; a prefill's span that had its answer has ended before. */
function endSpans(
  { span, encodeSpan, prefillSpan, decodeSpan, errorCode, outcome }: Exchange,
  status: number,
): void {
  const error = errorCode ?? (outcome === 'ok' ? undefined : outcome);
  encodeSpan?.end({ error });
  prefillSpan?.end({ error });
  decodeSpan?.end({ status, error });
  span?.end({ status, error });
}

function countFailure(exchange: Exchange, metrics: SidecarMetrics, status: number): void {
  const { outcome, errorCode } = exchange;
  if (outcome === 'client_gone') metrics.clientGone();
  else if (outcome === 'upstream_cut' && errorCode === undefined) metrics.error('network');
  else if (outcome === 'timeout') metrics.error('timeout');
  else if (errorCode !== undefined) {
    const { metric }: ErrorRow = ERRORS[errorCode];
    if (metric) metrics.error(metric);
  } else if (status >= 500) metrics.error('http');
}
