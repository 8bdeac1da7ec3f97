import * as z from 'zod';
import { parseEndpointUrl } from '../../../endpoint/endpoint-url.js';
import type { EndpointSpec } from '../../../fleet/endpoint.js';
import { isForbiddenTarget } from '../../../fleet/forbidden-target.js';
import type { AdminError } from './answer.js';

const REQUEST = z.object({
  url: z.string(),
  model_id: z.string().optional(),
  priority: z.number().int().default(50),
  cost: z.number().default(1),
  worker_type: z.enum(['regular', 'prefill', 'decode']).default('regular'),
  bootstrap_port: z.number().int().min(1).max(65_535).optional(),
  api_key: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});

/**
 * Reads the body of `POST /workers` (`WorkerConfigRequest`); members that it does not know are ignored.
 *
 * @returns the worker, or why it is refused
 */
export function readWorkerRequest(body: string): EndpointSpec | AdminError {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return badRequest('the body is not JSON');
  }
  const parsed = REQUEST.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return badRequest(`${issue!.path.join('.') || 'the body'}: ${issue!.message}`);
  }
  const { url, model_id, worker_type, bootstrap_port, api_key, ...rest } = parsed.data;
  return specOf(url, {
    ...rest,
    role: worker_type,
    modelId: model_id,
    bootstrapPort: bootstrap_port,
    apiKey: api_key,
  });
}

/** The same of a URL alone. */
export function specOf(url: string, more: Partial<EndpointSpec> = {}): EndpointSpec | AdminError {
  const address = parseEndpointUrl(url);
  if (typeof address === 'string') return badRequest(address);
  if (isForbiddenTarget(address.target)) {
    const error = `${address.url} is a link-local, unspecified, multicast or metadata address: no worker is there`;
    return { status: 403, code: 'TARGET_FORBIDDEN', error };
  }
  return { role: 'regular', priority: 50, cost: 1, labels: {}, ...more, address };
}

function badRequest(error: string): AdminError {
  return { status: 400, code: 'BAD_REQUEST', error };
}
