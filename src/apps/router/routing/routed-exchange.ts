import type { IncomingMessage } from 'node:http';
import type { ModelMetrics } from '../../../metrics/token.metrics.js';
import type { AnswerWatch } from '../../../openai/answer-watch.js';
import { Exchange, exchangeOf } from '../../../proxy/exchange.js';
import type { AttemptRecord, Decision } from './decision.js';

/** An exchange of the router: which workers were asked for it, and why. */
export class RoutedExchange extends Exchange {
  /** The model that the request names, after aliases. */
  model: string | undefined;
  /** One a choice, the last one is that of the worker that answered. */
  readonly decisions: Decision[] = [];
  readonly attempts: AttemptRecord[] = [];
  /** Scores are wanted: somebody asks for them, or they are kept. */
  explains = false;
  /** Looks at the answer that the client gets, where that is one that tells of tokens. */
  watch: AnswerWatch | undefined;
  /** Where it is counted. */
  modelMetrics: ModelMetrics | undefined;
}

/** @throws TypeError for a request that did not come through the router's front */
export function routedExchangeOf(request: IncomingMessage): RoutedExchange {
  const exchange = exchangeOf(request);
  if (!(exchange instanceof RoutedExchange)) throw new TypeError('no exchange of the router');
  return exchange;
}
