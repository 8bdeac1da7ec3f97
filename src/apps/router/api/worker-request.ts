import * as z from 'zod';
import { explainIssue } from '../../../config/explain-issue.js';
import { parseEndpointUrl } from '../../../endpoint/endpoint-url.js';
import type { EndpointSpec, HealthPolicy } from '../../../fleet/endpoint.js';
import type { SpecChange } from '../../../fleet/fleet.js';
import { isForbiddenTarget, isUnspecified } from '../../../fleet/forbidden-target.js';
import type { AdminError } from './answer.js';

const SECONDS = z.number().min(0.01).max(86_400).optional();
const HEALTH = {
  health_check_interval_secs: SECONDS,
  health_check_timeout_secs: SECONDS,
  health_failure_threshold: z.number().int().min(1).optional(),
  health_success_threshold: z.number().int().min(1).optional(),
  disable_health_check: z.boolean().optional(),
};

/** It becomes a line of a head. */
const KEY = z.string().regex(/^[\x21-\x7e]*$/, 'a key is visible ASCII without blanks');

const REQUEST = z.object({
  url: z.string(),
  model_id: z.string().optional(),
  priority: z.number().int().default(50),
  cost: z.number().default(1),
  worker_type: z.enum(['regular', 'prefill', 'decode']).default('regular'),
  dp_size: z.number().int().min(1).max(1024).optional(),
  bootstrap_port: z.number().int().min(1).max(65_535).optional(),
  api_key: KEY.optional(),
  runtime: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  ...HEALTH,
  max_connection_attempts: z.number().int().min(1).default(20),
});

/**
 * Reads the body of `POST /workers` (`WorkerConfigRequest`); members that it does not know are ignored.
 *
 * @returns the worker, or why it is refused
 */
export function readWorkerRequest(body: string): EndpointSpec | AdminError {
  const parsed = read(REQUEST, body);
  if ('status' in parsed) return parsed;
  const { url, model_id, worker_type, bootstrap_port, api_key, dp_size } = parsed.data;
  const { priority, cost, labels, max_connection_attempts: attempts, runtime } = parsed.data;
  return specOf(url, {
    priority,
    cost,
    labels,
    health: { ...healthIn(parsed.data), attempts },
    role: worker_type,
    modelId: model_id === '' ? undefined : model_id,
    bootstrapPort: bootstrap_port,
    ranks: dp_size,
    apiKey: api_key === '' ? undefined : api_key,
    external: isExternal(runtime),
  });
}

const UPDATE = z.object({
  priority: z.number().int().optional(),
  cost: z.number().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  api_key: KEY.optional(),
  ...HEALTH,
});

/** Reads the body of `PUT /workers/{id}` (`WorkerUpdateRequest`), likewise; what it leaves out stays, an empty key is none. */
export function readWorkerUpdate(body: string): SpecChange | AdminError {
  const parsed = read(UPDATE, body);
  if ('status' in parsed) return parsed;
  const { api_key: apiKey, priority, cost, labels } = parsed.data;
  const health = healthIn(parsed.data);
  return {
    ...(priority !== undefined && { priority }),
    ...(cost !== undefined && { cost }),
    ...(labels !== undefined && { labels }),
    ...(apiKey !== undefined && { apiKey: apiKey === '' ? undefined : apiKey }),
    ...(Object.keys(health).length > 0 && { health }),
  };
}

type HealthSaid = z.infer<z.ZodObject<typeof HEALTH>>;

/** Only what is said: an undefined would hide what holds for all. */
function healthIn(said: HealthSaid): HealthPolicy {
  const thousandfold = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : seconds * 1000;
  const policy = {
    interval: thousandfold(said.health_check_interval_secs),
    timeout: thousandfold(said.health_check_timeout_secs),
    failures: said.health_failure_threshold,
    successes: said.health_success_threshold,
    disabled: said.disable_health_check,
  };
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));
}

function read<T>(schema: z.ZodType<T>, body: string): { readonly data: T } | AdminError {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return badRequest('the body is not JSON');
  }
  const parsed = schema.safeParse(withoutNulls(json));
  if (parsed.success) return { data: parsed.data };
  return badRequest(explainIssue(parsed.error.issues[0]!, json, 'the body'));
}

/** Many clients write null for what they do not say. */
function withoutNulls(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}

/** @param runtime `openai` and `external` are APIs like OpenAI's; every other one, as `vllm`, is an engine */
export function isExternal(runtime: string | undefined): boolean {
  return runtime === 'openai' || runtime === 'external';
}

/** The same of a URL alone. */
export function specOf(url: string, more: Partial<EndpointSpec> = {}): EndpointSpec | AdminError {
  const address = parseEndpointUrl(url, more.external);
  if (typeof address === 'string') return badRequest(address);
  // Who starts the router may name the own machine so, as the command lines of engines do.
  const isOwn = more.source === 'flags' && isUnspecified(address.target);
  if (!isOwn && isForbiddenTarget(address.target)) {
    const error = `${address.url} is a link-local, unspecified, multicast or metadata address: no worker is there`;
    return { status: 403, code: 'TARGET_FORBIDDEN', error };
  }
  return { role: 'regular', source: 'api', priority: 50, cost: 1, labels: {}, ...more, address };
}

function badRequest(error: string): AdminError {
  return { status: 400, code: 'BAD_REQUEST', error };
}
