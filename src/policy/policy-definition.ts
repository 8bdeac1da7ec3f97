import type { Policy, PolicyTools } from './policy.js';

/** What a policy brings: its names, its options and a way to make it. */
export interface PolicyDefinition<N extends string = string, O extends object = object> {
  /** Value of `--policy`. */
  readonly name: N;
  /** Other spellings of the name, of other routers. */
  readonly aliases: readonly string[];
  /** Its options, each with what it is where nothing is said. */
  readonly defaults: O;
  /** It weighs the load of endpoints: what others send them matters too. */
  readonly weighsLoad?: boolean;
  create(tools: PolicyTools, options: O): Policy;
}

/** @returns the definition, typed by its name and its options */
export function definePolicy<const N extends string, O extends object>(
  definition: PolicyDefinition<N, O>,
): PolicyDefinition<N, O> {
  return definition;
}
