import { fieldsOf, listOf, textOf } from './objects/fields.js';
import { refersTo, type ReferredPool } from './pool-reference.js';

/** The APIs that serve InferenceModelRewrites. */
export const MODEL_REWRITE_APIS = [
  { group: 'llm-d.ai', version: 'v1alpha2', resource: 'inferencemodelrewrites' },
  {
    group: 'inference.networking.x-k8s.io',
    version: 'v1alpha2',
    resource: 'inferencemodelrewrites',
  },
] as const;

/** A model that requests may be sent to instead. */
export interface RewriteTarget {
  readonly model: string;
  /** Undefined: none is given. */
  readonly weight: number | undefined;
}

export interface RewriteRule {
  /** Models that it is for; none: for all. */
  readonly models: readonly string[];
  /** At least one. */
  readonly targets: readonly RewriteTarget[];
}

/** What counts of an InferenceModelRewrite. */
export interface ModelRewrite {
  readonly name: string;
  /** Milliseconds of the Unix epoch. */
  readonly createdAt: number;
  readonly rules: readonly RewriteRule[];
}

/** @returns undefined where it is of another pool; a rule that can send nowhere, or matches in no known way, is left out */
export function parseModelRewrite(
  object: unknown,
  pool: ReferredPool,
): { readonly name: string; readonly item: ModelRewrite } | undefined {
  const { metadata, spec } = fieldsOf(object);
  const { name: given, creationTimestamp } = fieldsOf(metadata);
  const name = textOf(given);
  const { rules, poolRef } = fieldsOf(spec);
  if (name === undefined || !refersTo(pool, poolRef)) return undefined;
  const createdAt = Date.parse(String(creationTimestamp)) || 0;
  const read = listOf(rules)
    .map(parseRule)
    .filter((rule) => rule !== undefined);
  return { name, item: { name, createdAt, rules: read } };
}

function parseRule(rule: unknown): RewriteRule | undefined {
  const { matches, targets } = fieldsOf(rule);
  const models = listOf(matches).map(modelOf);
  const known = models.filter((model) => model !== undefined);
  const read = listOf(targets)
    .map(parseTarget)
    .filter((target) => target !== undefined);
  if (read.length === 0 || (models.length > 0 && known.length === 0)) return undefined;
  return { models: known, targets: read };
}

/** There is no other type than `Exact`. */
function modelOf(match: unknown): string | undefined {
  const { type = 'Exact', value } = fieldsOf(fieldsOf(match)['model']);
  return type === 'Exact' ? textOf(value) : undefined;
}

function parseTarget(target: unknown): RewriteTarget | undefined {
  const { modelRewrite, weight } = fieldsOf(target);
  const model = textOf(modelRewrite);
  if (model === undefined) return undefined;
  return { model, weight: typeof weight === 'number' && weight >= 0 ? weight : undefined };
}
