import { fieldsOf, textOf } from './objects/fields.js';
import { refersTo, type ReferredPool } from './pool-reference.js';

/** The APIs that serve InferenceObjectives; of two objects of one name that of the first one counts. */
export const OBJECTIVE_APIS = [
  { group: 'llm-d.ai', version: 'v1alpha2', resource: 'inferenceobjectives' },
  {
    group: 'inference.networking.x-k8s.io',
    version: 'v1alpha2',
    resource: 'inferenceobjectives',
  },
] as const;

/** @returns name and priority of an InferenceObjective, 0 where it has none; undefined where it is of another pool */
export function parseObjective(
  object: unknown,
  pool: ReferredPool,
): { readonly name: string; readonly item: number } | undefined {
  const { metadata, spec } = fieldsOf(object);
  const name = textOf(fieldsOf(metadata)['name']);
  const { priority, poolRef } = fieldsOf(spec);
  if (name === undefined || !refersTo(pool, poolRef)) return undefined;
  return { name, item: Number.isSafeInteger(priority) ? Number(priority) : 0 };
}
