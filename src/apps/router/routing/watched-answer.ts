import type { TokenMetrics } from '../../../metrics/token.metrics.js';
import { answerWatch } from '../../../openai/answer-watch.js';
import type { PayloadTransform } from '../../../openai/payload-transform.js';
import { contentTypeOf } from '../../../proxy/content-type.js';
import { judged } from './answer-judge.js';
import type { RoutedExchange } from './routed-exchange.js';

/**
 * Has the tokens of an answer counted that goes to the client as it comes.
 *
 * @param holdsHead another worker may still take this one's place, until the first byte of the body
 * @returns what looks at the answer and holds its head, undefined where there is nothing to do
 */
export function watched(
  exchange: RoutedExchange,
  head: Parameters<typeof contentTypeOf>[0],
  tokens: TokenMetrics,
  holdsHead: boolean,
): PayloadTransform | undefined {
  exchange.watch = undefined;
  const type = contentTypeOf(head);
  if (type !== undefined) {
    const metrics = tokens.of(exchange.model);
    exchange.watch = answerWatch(type, holdsHead, metrics.gaps);
    exchange.modelMetrics = metrics;
  }
  return exchange.watch ?? (holdsHead ? judged(false) : undefined);
}
