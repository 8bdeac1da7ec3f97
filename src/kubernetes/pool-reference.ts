import { fieldsOf } from './objects/fields.js';

/** The pool that objects are to be of. */
export interface ReferredPool {
  readonly name: string;
  /** Undefined: whichever group has it. */
  readonly group: string | undefined;
}

/** @returns whether an object's `spec.poolRef` names the pool; a group or kind that it leaves out fits */
export function refersTo({ name, group }: ReferredPool, poolRef: unknown): boolean {
  const { name: named, group: ofGroup, kind = 'InferencePool' } = fieldsOf(poolRef);
  if (named !== name || kind !== 'InferencePool') return false;
  return group === undefined || ofGroup === undefined || ofGroup === '' || ofGroup === group;
}
