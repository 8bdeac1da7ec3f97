import type { FlowObserver } from '../../../flow-control/flow-observer.js';
import type { FlowControlMetrics } from '../../../metrics/flow-control.metrics.js';

/** @returns what tells the metrics of what flow control does */
export function flowCounter(metrics: FlowControlMetrics): FlowObserver {
  return {
    settled: ({ priority }, outcome, waited) => metrics.left(outcome, priority, waited / 1000),
    cycled: (milliseconds) => metrics.cycle(milliseconds / 1000),
    enqueued: (_request, milliseconds) => metrics.enqueued(milliseconds / 1000),
  };
}
