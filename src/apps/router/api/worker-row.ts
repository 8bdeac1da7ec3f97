import type { Endpoint, EndpointRole } from '../../../fleet/endpoint.js';

/** An endpoint as the worker API shows it; its key is never told. @param policy that decides about it */
export function workerRow(endpoint: Endpoint, policy: string): object {
  const { uuid, id, spec, status, reason, inFlight, breaker, models, rank, ranks } = endpoint;
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
    ...((status === 'pending' || status === 'failed') && {
      job_status: {
        job_type: 'AddWorker',
        worker_url: id,
        status: status === 'failed' ? 'failed' : 'processing',
        message: reason ?? null,
        timestamp: Math.floor(Date.now() / 1000),
      },
    }),
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
