import type { BandPlan } from './band.js';
import { ConfigError, quote } from '../config/config-error.js';
import { GlobalStrictFairness } from './fairness/global-strict-fairness-policy.js';
import type { FairnessPolicy } from './fairness-policy.js';
import type { FlowPlan } from './flow-control.js';
import type { BandSection, FlowControlSection } from './flow-control-config.js';
import { FcfsOrdering } from './ordering/fcfs-ordering-policy.js';
import type { OrderingPolicy } from './ordering-policy.js';
import { StaticUsageLimit } from './usage-limits/static-usage-limit-policy.js';
import type { UsageLimitPolicy } from './usage-limit-policy.js';

/** llm-d's defaults: of a band's requests, their bytes, and how long they wait. */
const BAND_REQUESTS = 5000;
const BAND_BYTES = 1e9;
const TTL = 60_000;

/** @returns the plugin of the configuration with that name */
export type PluginByName = (name: string) => object | undefined;

/** A reference of the section, where it stands, and what it has to be. */
interface Reference<T> {
  readonly name: string | undefined;
  /** Of the plugin that is meant where no name is given. */
  readonly usually: string;
  readonly at: string;
  readonly kind: string;
  /** A member that only plugins of that kind have. */
  readonly member: keyof T & string;
  readonly otherwise: () => T;
}

/**
 * @param section undefined where the configuration has none
 * @returns the section with llm-d's defaults, and plugins in place of their names
 * @throws ConfigError for a name that is no plugin's, or one's of another kind
 */
export function flowPlan(section: FlowControlSection | undefined, plugin: PluginByName): FlowPlan {
  const given = section ?? {};
  const ttl = patience(given.defaultRequestTTL) ?? TTL;
  const band = (at: string, limits: BandSection = {}): BandPlan =>
    bandPlan(limits, { at: `flowControl.${at}`, ttl, plugin });
  const others = band('defaultPriorityBand', given.defaultPriorityBand);
  const negative = given.defaultNegativePriorityBand;
  const configured = (given.priorityBands ?? []).map(
    (limits, at) => [limits.priority, band(`priorityBands[${at}]`, limits)] as const,
  );
  return {
    maxRequests: given.maxRequests || Infinity,
    maxBytes: given.maxBytes || Infinity,
    noEndpointTtl: patience(given.noEndpointRequestTTL),
    bands: {
      byPriority: new Map(configured),
      others,
      negative: negative ? band('defaultNegativePriorityBand', negative) : others,
    },
    usageLimit: refer<UsageLimitPolicy>(plugin, {
      name: given.usageLimitPolicyPluginRef,
      at: 'flowControl.usageLimitPolicyPluginRef',
      kind: 'usage limit policy',
      usually: 'static-usage-limit-policy',
      member: 'limit',
      otherwise: () => new StaticUsageLimit(),
    }),
  };
}

function bandPlan(
  limits: BandSection,
  { at, ttl, plugin }: { readonly at: string; readonly ttl: number; readonly plugin: PluginByName },
): BandPlan {
  return {
    maxRequests: limits.maxRequests || BAND_REQUESTS,
    maxBytes: limits.maxBytes || BAND_BYTES,
    ttl: patience(limits.defaultRequestTTL) ?? ttl,
    fairness: refer<FairnessPolicy>(plugin, {
      name: limits.fairnessPolicyRef,
      at: `${at}.fairnessPolicyRef`,
      kind: 'fairness policy',
      usually: 'global-strict-fairness-policy',
      member: 'forBand',
      otherwise: () => new GlobalStrictFairness(),
    }),
    ordering: refer<OrderingPolicy>(plugin, {
      name: limits.orderingPolicyRef,
      at: `${at}.orderingPolicyRef`,
      kind: 'ordering policy',
      usually: 'fcfs-ordering-policy',
      member: 'rank',
      otherwise: () => new FcfsOrdering(),
    }),
  };
}

/** 0 means for ever. */
function patience(milliseconds: number | undefined): number | undefined {
  return milliseconds === 0 ? Infinity : milliseconds;
}

function refer<T extends object>(
  plugin: PluginByName,
  { name, usually, at, kind, member, otherwise }: Reference<T>,
): T {
  const found = plugin(name ?? usually);
  if (found && member in found) return found as T;
  if (name === undefined) return otherwise();
  throw new ConfigError(
    found
      ? `${at}: the plugin ${quote(name)} is no ${kind}.`
      : `${at}: there is no plugin ${quote(name)}, add it to plugins.`,
    { key: name },
  );
}
