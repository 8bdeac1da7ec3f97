import { Injectable } from '@nestjs/common';
import { ProxyError } from '../../../errors/proxy.error.js';
import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';
import { RouterMetrics } from '../../../metrics/router.metrics.js';
import { ForwardService } from '../../../proxy/forward.service.js';
import { retryAfterOf } from '../../../proxy/retry-after.js';
import { brokenStream } from './broken-stream.js';
import { judged } from './answer-judge.js';
import { Picker, type Pick } from './picker.service.js';
import { RetryPause } from './retry-pause.service.js';
import { RetryPolicy } from './retry-policy.js';
import type { RoutedExchange } from './routed-exchange.js';
import type { RoutedRequest } from './routed-request.js';
import { attemptSpan } from './spans.js';
import { watched } from './watched-answer.js';
import { CONNECT_TIMEOUT_MS, refuseEmptyStream, workerError } from './worker-error.js';
import { WorkerHeads } from './worker-heads.js';

interface Attempt extends Pick {
  /** From 1. */
  readonly attempt: number;
}

/** An attempt after which another one may be made. */
interface Failed {
  readonly error?: ProxyError;
  readonly retryAfter: number;
}

/** Gets a request answered by a worker: another one when the first fails, as long as the client has nothing. */
@Injectable()
export class Dispatcher {
  constructor(
    private readonly picker: Picker,
    private readonly forward: ForwardService,
    private readonly heads: WorkerHeads,
    private readonly retries: RetryPolicy,
    private readonly metrics: RouterMetrics,
    private readonly pause: RetryPause,
  ) {}

  /**
   * @param role of the workers that are asked
   * @throws ProxyError when no worker answered, and the client has nothing
   */
  async run(
    exchange: RoutedExchange,
    request: RoutedRequest,
    role: EndpointRole = 'regular',
  ): Promise<void> {
    const letGo = exchange.body?.hold();
    exchange.lastWords = () => brokenStream(exchange.facts.path);
    try {
      const attempts = request.repeatable ? this.retries.attempts : 1;
      const tried = new Set<Endpoint>();
      this.retries.budget.deposit();
      for (let attempt = 1; !exchange.ended; attempt++) {
        const pick = this.picker.pick(role, exchange, request, tried);
        const isLast = attempt === attempts;
        const failed = await this.attempt(exchange, request, { ...pick, attempt, isLast });
        if (!failed) return;
        tried.add(pick.endpoint);
        const hasOthers = this.picker.hasOthers(role, request, tried);
        const { error } = failed;
        if (error && (isLast || !this.retries.mayFollow(error, attempt, hasOthers))) throw error;
        const retryAfter = hasOthers ? 0 : failed.retryAfter;
        const { endpoint } = pick;
        await this.pause.after(exchange, { who: 'worker', endpoint, attempt, error, retryAfter });
      }
    } finally {
      letGo?.();
    }
  }

  /** @returns undefined when the client has its answer, or nobody waits for one */
  private async attempt(
    exchange: RoutedExchange,
    { body, length, repeatable }: RoutedRequest,
    { endpoint, heedless, isLast }: Attempt & { readonly isLast: boolean },
  ): Promise<Failed | undefined> {
    const began = performance.now();
    const end = endpoint.begin(began, heedless);
    if (!end)
      return { error: new ProxyError('no_worker', `${endpoint.id} takes none`), retryAfter: 0 };
    exchange.worker = endpoint.id;
    const span = attemptSpan(exchange, endpoint, 'attempt');
    let status = 0;
    let retryAfter = 0;
    exchange.decode = {
      body: [],
      transform: (head) => {
        status = head.statusCode;
        if (isLast || !this.retries.retries(status) || !this.retries.budget.withdraw()) {
          return watched(exchange, head, this.metrics.tokens, !isLast);
        }
        retryAfter = retryAfterOf(head.headers) ?? 0;
        exchange.watch = undefined;
        return judged(true);
      },
    };
    try {
      const isRefused = await this.forward.stream(exchange, endpoint.origin, {
        head: this.heads.of(exchange, endpoint, length, span?.headers),
        body,
        memory: exchange.body,
        toHead: exchange.request.method === 'HEAD',
        connectTimeout: CONNECT_TIMEOUT_MS,
        headTimeout: this.retries.headTimeout,
        repeatable,
      });
      refuseEmptyStream(isRefused, exchange, endpoint);
      end(this.outcome(exchange, status));
      const how = endOf(exchange, status);
      note(exchange, endpoint, began, how);
      span?.end(how);
      return isRefused ? { retryAfter } : undefined;
    } catch (thrown) {
      end('failure');
      const error = workerError(thrown);
      note(exchange, endpoint, began, { error: error.code });
      span?.end({ error: error.code });
      return { error, retryAfter: 0 };
    }
  }

  private outcome(exchange: RoutedExchange, status: number): 'success' | 'failure' | 'abandoned' {
    if (exchange.cutBy || this.retries.isFault(status)) return 'failure';
    return exchange.ended ? 'abandoned' : 'success';
  }
}

/** Of an attempt that did not fail before its head. */
function endOf({ cutBy }: RoutedExchange, status: number): { status: number } | { error: string } {
  if (status === 0) return { error: 'client_gone' };
  return cutBy ? { status, error: cutBy.failure } : { status };
}

function note(
  exchange: RoutedExchange,
  { id: worker, spec: { role } }: Endpoint,
  began: number,
  end: { status: number } | { error: string },
): void {
  const ms = performance.now() - began;
  exchange.attempts.push({ role, worker, ms, ...end });
}
