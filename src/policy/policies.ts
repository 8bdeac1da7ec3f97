import type { Policy, PolicyTools } from './policy.js';
import type { PolicyDefinition } from './policy-definition.js';
import { bucket } from './policies/bucket.policy.js';
import { cacheAware } from './policies/cache-aware.policy.js';
import { consistentHash } from './policies/consistent-hash.policy.js';
import { kvAware } from './policies/kv-aware.policy.js';
import { leastLoad } from './policies/least-load.policy.js';
import { manual } from './policies/manual.policy.js';
import { powerOfTwo } from './policies/power-of-two.policy.js';
import { prefixHash } from './policies/prefix-hash.policy.js';
import { random } from './policies/random.policy.js';
import { rendezvousHash } from './policies/rendezvous-hash.policy.js';
import { roundRobin } from './policies/round-robin.policy.js';
import { stickyLeastLoaded } from './policies/sticky-least-loaded.policy.js';

/** THE list. The first one is what a router uses that is told nothing. */
export const POLICIES = [
  cacheAware,
  kvAware,
  random,
  roundRobin,
  powerOfTwo,
  leastLoad,
  consistentHash,
  rendezvousHash,
  prefixHash,
  bucket,
  manual,
  stickyLeastLoaded,
] as const;

type Definition = (typeof POLICIES)[number];

/** Names that are documented; {@link policyNameOf} knows more spellings. */
export type PolicyName = Definition['name'];

/** The options of all policies: those of one name mean the same in each. */
export type PolicyOptions = Intersection<Definition['defaults']>;

type Intersection<U> = (U extends unknown ? (each: U) => void : never) extends (
  all: infer I,
) => void
  ? I
  : never;

/** Widened: what the list has in common. */
const definitions: readonly PolicyDefinition<PolicyName>[] = POLICIES;

/** Every spelling of `--policy`, the names first. */
export const POLICY_SPELLINGS: readonly string[] = [
  ...definitions.map(({ name }) => name),
  ...definitions.flatMap(({ aliases }) => aliases),
];

/** @param spelled a name or an alias of one; @returns undefined for any other word */
export function policyNameOf(spelled: string): PolicyName | undefined {
  return definitions.find(({ name, aliases }) => name === spelled || aliases.includes(spelled))
    ?.name;
}

/** @returns whether it weighs the load of endpoints, so that what others send them matters too */
export function weighsLoad(name: PolicyName): boolean {
  return definitions.some((definition) => definition.name === name && definition.weighsLoad);
}

/** @param options those that differ from the defaults; a policy takes what it knows */
export function createPolicy(
  name: PolicyName,
  tools: PolicyTools,
  options: Partial<PolicyOptions> = {},
): Policy {
  const { defaults, create } = definitions.find((definition) => definition.name === name)!;
  // Read through, not copied: whoever changes the options of a policy changes what it does.
  const complete = Object.assign(Object.create(options) as Partial<PolicyOptions>, {
    ...missingIn(options, defaults),
  });
  return create(tools, complete);
}

function missingIn(options: object, defaults: object): object {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => !(name in options)));
}
