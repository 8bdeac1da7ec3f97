import { VERSION } from '../../../config/version.js';
import type { Endpoint } from '../../../fleet/endpoint.js';
import type { Fleet } from '../../../fleet/fleet.js';
import type { RouterMetrics } from '../../../metrics/router.metrics.js';
import type { SeriesHistogram } from '../../../metrics/series-histogram.js';
import type { RouterConfig } from '../router.settings.js';

/** Who is asked. */
export interface StateSources {
  readonly config: Pick<
    RouterConfig,
    'policy' | 'maxConcurrentRequests' | 'queueSize' | 'decisionLogSize'
  >;
  readonly fleet: Fleet;
  readonly metrics: RouterMetrics;
  readonly admission: () => { readonly admitted: number; readonly queued: number };
  /** Name of the policy that decides whether an endpoint gets a request. */
  readonly policyOf: (endpoint: Endpoint) => string;
  readonly isDraining: () => boolean;
}

/** Counts of all models together; who reads them twice knows what was in between. */
interface Histogram {
  /** Upper bounds in seconds; beyond the last one is one bucket more. */
  readonly bounds: readonly number[];
  /** Of each bucket alone, since the start. */
  readonly counts: readonly number[];
}

/** `GET /debug/state`: what the page shows, all of it counted since the start. */
export function routerState(sources: StateSources): object {
  const { config, fleet, metrics, admission } = sources;
  const { choices, tokens } = metrics;
  return {
    time: Date.now(),
    version: VERSION,
    uptimeSecs: Math.round(process.uptime()),
    policy: config.policy,
    draining: sources.isDraining(),
    queue: {
      ...admission(),
      maxAdmitted: config.maxConcurrentRequests,
      maxQueued: config.queueSize,
    },
    requests: metrics.total,
    cache: { hits: choices.hits, misses: choices.misses },
    tokens: tokens.sums(),
    ttft: sumOf(tokens.ttft),
    interTokenLatency: sumOf(tokens.gaps),
    decisionLogSize: config.decisionLogSize,
    workers: fleet.all.map((endpoint) => workerState(endpoint, sources.policyOf(endpoint))),
  };
}

function workerState(endpoint: Endpoint, policy: string): object {
  const { id, spec, models, status, reason, inFlight, load, breaker } = endpoint;
  const { started, succeeded, failed } = endpoint;
  return {
    ...{ worker: id, role: spec.role, models, policy, status, inFlight, load },
    breaker: breaker.state,
    ...(reason !== undefined && { reason }),
    ...{ priority: spec.priority, cost: spec.cost, started, succeeded, failed },
  };
}

function sumOf({ bounds, all }: SeriesHistogram): Histogram {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const series of all) series.counts.forEach((count, at) => (counts[at]! += count));
  return { bounds, counts };
}
