import type { Scenario } from '../scenario.js';
import { ENVOY_CONFIG } from './envoy-config.js';
import { ENVOY_DNS } from './envoy-dns.js';
import { ENVOY_DRAIN } from './envoy-drain.js';
import { ENVOY_LIMITS } from './envoy-limits.js';
import { ENVOY_TRAFFIC } from './envoy-traffic.js';
import { PLAIN_MANIFESTS } from './plain-manifests.js';

/** Real Envoys with the configurations that charts render. */
export const ENVOY: readonly Scenario[] = [
  ...ENVOY_CONFIG,
  ...ENVOY_TRAFFIC,
  ...ENVOY_DNS,
  ...ENVOY_DRAIN,
  ...ENVOY_LIMITS,
  ...PLAIN_MANIFESTS,
];
