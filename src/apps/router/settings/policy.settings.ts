import { fraction, integer, oneOf, seconds } from '../../../config/kinds.js';
import { setting, type ConfigOf } from '../../../config/setting.js';
import { ASSIGNMENT_MODES } from '../../../policy/assignment-modes.js';
import { POLICY_SPELLINGS, type PolicyOptions } from '../../../policy/policies.js';

const group = 'Policies';

/** How the worker of a request is chosen; the numbers are vllm-router's. */
export const POLICY_SETTINGS = {
  policy: setting(oneOf(POLICY_SPELLINGS), {
    group,
    live: true,
    description: 'How the worker of a request is chosen.',
    default: 'cache_aware',
  }),
  'cache-threshold': setting(fraction(), {
    group,
    live: true,
    description:
      'cache_aware: a worker is preferred that was sent more than this share of the text before.',
    default: 0.3,
  }),
  'balance-abs-threshold': setting(integer(), {
    group,
    live: true,
    description:
      'cache_aware and bucket: a worker is overloaded with so many requests more than the least loaded one …',
    default: 64,
  }),
  'balance-rel-threshold': setting(fraction(0, 1_000_000), {
    group,
    live: true,
    description: '… and so many times as many.',
    default: 1.5,
  }),
  'balance-shared-threshold': setting(integer(), {
    group,
    live: true,
    description:
      'cache_aware: the same for texts of which only a beginning is known there, as of a new conversation with a known system prompt.',
    default: 8,
  }),
  'max-tree-size': setting(integer(1), {
    group,
    live: true,
    description: 'cache_aware: characters of texts that are remembered of a worker.',
    default: 33_554_432,
  }),
  'eviction-interval-secs': setting(seconds(0.1), {
    group,
    live: true,
    description: 'How often policies forget what is too old or too much.',
    default: 120,
  }),
  'bucket-adjust-interval-secs': setting(seconds(0.1), {
    group,
    live: true,
    description: 'bucket: how often the buckets are fitted to the requests.',
    default: 5,
  }),
  'assignment-mode': setting(oneOf(ASSIGNMENT_MODES), {
    group,
    live: true,
    description: 'manual: where a new key goes.',
    default: 'random',
  }),
  'max-idle-secs': setting(seconds(0.1), {
    group,
    live: true,
    description: 'manual: a key without a request for so long is forgotten.',
    default: 14_400,
  }),
  'prefix-token-count': setting(integer(1), {
    group,
    live: true,
    description: 'prefix_hash: tokens of the text that count, of four characters each.',
    default: 256,
  }),
  'prefix-hash-load-factor': setting(fraction(1, 1_000_000), {
    group,
    live: true,
    description:
      'prefix_hash: a worker with more than so many times the average load is passed over.',
    default: 1.25,
  }),
};

/** The settings that {@link policyOptions} looks at. */
export const POLICY_OPTION_KEYS = [
  'cacheThreshold',
  'balanceAbsThreshold',
  'balanceRelThreshold',
  'balanceSharedThreshold',
  'maxTreeSize',
  'bucketAdjustIntervalSecs',
  'assignmentMode',
  'maxIdleSecs',
  'prefixTokenCount',
  'prefixHashLoadFactor',
] as const;

/** @returns the policies' options under their own names */
export function policyOptions(config: ConfigOf<typeof POLICY_SETTINGS>): Partial<PolicyOptions> {
  return {
    cacheThreshold: config.cacheThreshold,
    balanceAbsThreshold: config.balanceAbsThreshold,
    balanceRelThreshold: config.balanceRelThreshold,
    balanceSharedThreshold: config.balanceSharedThreshold,
    maxTreeSize: config.maxTreeSize,
    bucketAdjustInterval: config.bucketAdjustIntervalSecs,
    assignmentMode: config.assignmentMode,
    maxIdle: config.maxIdleSecs,
    prefixTokenCount: config.prefixTokenCount,
    prefixLoadFactor: config.prefixHashLoadFactor,
  };
}
