import type { Endpoint, EndpointRole, EndpointStatus } from '../../../fleet/endpoint.js';

/** An endpoint as the worker API shows it; its key is never told. @param policy that decides about it */
export function workerRow(endpoint: Endpoint, policy: string): object {
  const { uuid, id, spec, status, inFlight, breaker, models, rank, ranks } = endpoint;
  const { priority, cost, role, labels, bootstrapPort } = spec;
  return {
    id: uuid,
    url: id,
    model_id: models[0] ?? 'unknown',
    priority,
    cost,
    worker_type: role,
    is_healthy: status === 'ready',
    load: inFlight,
    connection_mode: 'Http',
    ...(spec.external && { runtime: 'openai' }),
    labels,
    status,
    policy,
    circuit_breaker: breaker.state,
    ...(rank !== undefined && { dp_rank: rank, dp_size: ranks }),
    ...(bootstrapPort !== undefined && { bootstrap_port: bootstrapPort }),
    ...jobOf(endpoint),
  };
}

const JOBS: Readonly<Record<EndpointStatus, string>> = {
  pending: 'processing',
  failed: 'failed',
  ready: 'completed',
  not_ready: 'completed',
  draining: 'completed',
};

/** Of one that the worker API adds, and of each that does not serve yet. */
function jobOf({ id, spec, status, reason, joined }: Endpoint): object | undefined {
  const job = JOBS[status];
  const isOver = job === 'completed';
  if (isOver && spec.source !== 'api') return undefined;
  return {
    job_status: {
      job_type: 'AddWorker',
      worker_url: id,
      status: job,
      message: (isOver ? undefined : reason) ?? null,
      timestamp: joined,
    },
  };
}

export function workerList(
  all: readonly Endpoint[],
  policyOf: (endpoint: Endpoint) => string,
): object {
  const count = (role: EndpointRole): number => all.filter(({ spec }) => spec.role === role).length;
  return {
    workers: all.map((endpoint) => workerRow(endpoint, policyOf(endpoint))),
    total: all.length,
    stats: {
      prefill_count: count('prefill'),
      decode_count: count('decode'),
      regular_count: count('regular'),
    },
  };
}
