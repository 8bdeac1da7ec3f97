import { ConfigError, quote } from './config-error.js';
import type { Given } from './given.js';
import type { InferencePoolConfig } from './sidecar.config.js';
import { spellingOf, type Spelling } from './spelling.js';

interface PoolSettings {
  readonly inferencePool: string | undefined;
  readonly inferencePoolNamespace: string | undefined;
  readonly inferencePoolName: string | undefined;
  readonly poolGroup: string | undefined;
  readonly poolVersion: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly enableSsrfProtection: boolean;
  readonly prefillerDiscovery: boolean;
  readonly prefillerFallback: string;
}

/** What has an effect only where the pool is watched. */
const POOL_KEYS = [
  'inference-pool',
  'inference-pool-namespace',
  'inference-pool-name',
  'pool-group',
  'pool-version',
  'kubeconfig',
] as const;
const PROTECTION = '--enable-ssrf-protection';
/** What has an effect only with protection. */
const PROTECTION_KEYS = ['ssrf-check-ports', 'ssrf-sync-timeout', 'ssrf-max-staleness'] as const;

/** Names of Kubernetes objects (RFC 1123), and what else may stand in the path of a request to its API. */
const NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * @returns the pool to watch; undefined where nothing needs it
 * @throws ConfigError where something needs a pool and none is named, or not by a possible name
 */
export function inferencePool(
  settings: PoolSettings,
  given: ReadonlyMap<string, Given>,
): InferencePoolConfig | undefined {
  const needs = whatNeeds(settings);
  if (needs === undefined) return undefined;
  const named = spellingOf(given);
  const { poolGroup: group, poolVersion: version, kubeconfig } = settings;
  if (version && !group) {
    throw new ConfigError(`${named('pool-version')} needs a group: give --pool-group too`);
  }
  return {
    ...poolName(settings, named, needs),
    ...(group ? { group: checked(group, named('pool-group')) } : {}),
    ...(version ? { version: checked(version, named('pool-version')) } : {}),
    ...(kubeconfig ? { kubeconfig } : {}),
  };
}

function whatNeeds(settings: PoolSettings): string | undefined {
  if (settings.enableSsrfProtection) return 'enable-ssrf-protection';
  if (settings.prefillerDiscovery) return 'prefiller-discovery';
  return settings.prefillerFallback === 'pool' ? 'prefiller-fallback' : undefined;
}

/** The one flag beats the two; without a namespace it means `default`, as it does in llm-d. */
function poolName(
  settings: PoolSettings,
  named: Spelling,
  needs: string,
): { namespace: string; name: string } {
  const { inferencePool: whole, inferencePoolNamespace, inferencePoolName } = settings;
  if (whole) {
    const spelled = named('inference-pool');
    const [namespace, name] = whole.includes('/') ? whole.split(/\/(.*)/s) : ['default', whole];
    return { namespace: checked(namespace!, spelled), name: checked(name!, spelled) };
  }
  if (inferencePoolNamespace && inferencePoolName) {
    return {
      namespace: checked(inferencePoolNamespace, named('inference-pool-namespace')),
      name: checked(inferencePoolName, named('inference-pool-name')),
    };
  }
  const missing = inferencePoolName ? "the InferencePool's namespace" : 'an InferencePool';
  throw new ConfigError(
    `${named(needs)} needs ${missing}: give --inference-pool=NAMESPACE/NAME, or INFERENCE_POOL_NAMESPACE and INFERENCE_POOL_NAME`,
  );
}

function checked(value: string, spelled: string): string {
  if (NAME.test(value)) return value;
  throw new ConfigError(
    `${spelled}: ${quote(value)} is not a name in Kubernetes: lower-case letters, digits, - and . only`,
  );
}

/** Flags that describe a pool nobody watches, or a protection that is off: one log line each. */
export function uselessPoolFlags(
  settings: PoolSettings,
  given: ReadonlyMap<string, Given>,
): string[] {
  const spelled = (keys: readonly string[], without: string): string[] =>
    keys
      .map((key) => given.get(key))
      .filter((entry) => entry !== undefined && entry.source === 'flag')
      .map((entry) => `${entry!.spelled} (no effect without ${without})`);
  if (settings.enableSsrfProtection) return [];
  const unwatched = whatNeeds(settings) === undefined ? POOL_KEYS : [];
  return [
    ...spelled(PROTECTION_KEYS, PROTECTION),
    ...spelled(unwatched, `${PROTECTION}, --prefiller-discovery or --prefiller-fallback=pool`),
  ];
}
