import * as z from 'zod';
import { explainIssue, memberAt } from '../config/explain-issue.js';
import type { EndpointSpec } from '../fleet/endpoint.js';
import type { FoundEndpoint } from './endpoint-source.js';
import { foundSpec } from './found-spec.js';

const WORKER = z.strictObject({
  url: z.string(),
  worker_type: z.enum(['regular', 'prefill', 'decode']).default('regular'),
  model_id: z.string().min(1).optional(),
  bootstrap_port: z.int().min(1).max(65_535).optional(),
  priority: z.int().default(50),
  cost: z.number().min(0).default(1),
  labels: z.record(z.string(), z.string()).default({}),
});
const FILE = z.strictObject({ version: z.literal(1), workers: z.array(WORKER) });

/** A discovery file is wrong; the message is one line that names the member. */
export class DiscoveryFileError extends Error {
  override readonly name = 'DiscoveryFileError';
}

/**
 * Reads a discovery file, whole or not at all.
 *
 * @throws DiscoveryFileError
 */
export function readDiscoveryFile(text: string): EndpointSpec[] {
  const json = jsonOf(text);
  const parsed = FILE.safeParse(json);
  if (!parsed.success) throw new DiscoveryFileError(sentence(parsed.error.issues[0]!, json));
  const known = new Map<string, number>();
  return parsed.data.workers.map((worker, at) => {
    const { url, worker_type: role, model_id: modelId, bootstrap_port, ...rest } = worker;
    const more = { ...rest, role, modelId, bootstrapPort: bootstrap_port };
    const spec = foundSpec('file', url, more);
    if (typeof spec === 'string') throw new DiscoveryFileError(`workers[${at}].url: ${spec}`);
    const before = known.get(spec.address.url);
    if (before !== undefined) {
      throw new DiscoveryFileError(`workers[${at}].url: workers[${before}] has it too`);
    }
    known.set(spec.address.url, at);
    return spec;
  });
}

/** As {@link readDiscoveryFile}, for a source. */
export function foundInDiscoveryFile(text: string): readonly FoundEndpoint[] {
  return readDiscoveryFile(text).map((spec) => ({ spec, identity: '', usable: true }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new DiscoveryFileError(`it is not JSON: ${message.replaceAll(/\s+/g, ' ')}`);
  }
}

function sentence(issue: z.core.$ZodIssue, json: unknown): string {
  if (issue.code !== 'unrecognized_keys') return explainIssue(issue, json, 'the file');
  const known = issue.path.length === 0 ? FILE : WORKER;
  const where = memberAt([...issue.path, issue.keys[0]!]);
  return `${where} is unknown; known are ${Object.keys(known.shape).join(', ')}`;
}
