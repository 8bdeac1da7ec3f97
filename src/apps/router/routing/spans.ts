import type { Endpoint } from '../../../fleet/endpoint.js';
import { statusOf } from '../../../proxy/access-entry-of.js';
import type { LegSpan, SpanEnd } from '../../../tracing/tracing.js';
import type { Decision } from './decision.js';
import type { RoutedExchange } from './routed-exchange.js';

/** @returns the span of a request to a worker, which continues the client's trace; undefined with tracing off */
export function attemptSpan(
  exchange: RoutedExchange,
  { id, origin }: Endpoint,
  name: 'attempt' | 'prefill' | 'decode',
): LegSpan | undefined {
  return exchange.span?.child(name, {
    'router.worker': id,
    'router.attempt': exchange.attempts.length + 1,
    'server.address': origin.addresses[0],
    'server.port': origin.port,
  });
}

/** How a request ended, for its span. */
export function requestEnd(exchange: RoutedExchange): SpanEnd {
  const { errorCode, worker, model, retries, facts, outcome } = exchange;
  const isBroken = errorCode === undefined && outcome === 'upstream_cut';
  return {
    status: statusOf(exchange),
    error: isBroken ? outcome : undefined,
    attributes: {
      'router.request_id': facts.requestId,
      'router.worker': worker,
      'router.retries': retries,
      'router.error': errorCode,
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': exchange.watch?.prompt,
      'gen_ai.usage.output_tokens': exchange.watch?.completion,
    },
  };
}

/** What a choice tells of itself, in its span. */
export function choiceEnd({ policy, worker, reason, role, ...decision }: Decision): SpanEnd {
  const { candidates, loads, scores } = decision;
  const at = candidates.findIndex(({ id }) => id === worker);
  return {
    attributes: {
      'router.policy': policy,
      'router.worker': worker,
      'router.reason': reason,
      'router.role': role,
      'router.candidates': candidates.length,
      'router.load': loads[at],
      'router.score': scores?.[at],
    },
  };
}
