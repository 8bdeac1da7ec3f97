import { fraction, integer, seconds, text } from '../../../config/kinds.js';
import { optional, setting, type ConfigOf } from '../../../config/setting.js';
import type { PolicyOptions } from '../../../policy/policies.js';
import { kvSourceList } from './kv-source-list.js';

const group = 'KV events';

/** What the policy kv_aware needs; names and numbers are vllm-router's. */
export const KV_SETTINGS = {
  'kv-event-source': setting(kvSourceList(), {
    group,
    description:
      "kv_aware: where a worker publishes its KV events (vLLM's --kv-events-config), as WORKER-URL=tcp://HOST:PORT; several endpoints stand for its data-parallel ranks. Workers that are not named here are asked (GET /kv_event_sources).",
    default: [],
  }),
  'kv-event-replay-source': setting(kvSourceList(), {
    group,
    description:
      'kv_aware: where they are asked for events that were missed, one for each endpoint above.',
    default: [],
  }),
  'pd-kv-events': setting(kvSourceList(), {
    group,
    description: 'The same as --kv-event-source, for prefill workers.',
    default: [],
  }),
  'kv-event-block-size': setting(integer(1, 65_536), {
    group,
    description: 'kv_aware: tokens of a block, until the events of a worker tell.',
    default: 16,
  }),
  'kv-event-model': optional(text('MODEL'), {
    group,
    description: 'kv_aware: the model whose tokenizer is asked for prompts that name no model.',
  }),
  'kv-tokenize-timeout-secs': setting(seconds(0.001), {
    group,
    description:
      'kv_aware: how long a worker may take to tokenize a prompt (POST /tokenize), and a second more for each MiB of it; without its tokens a request goes by its text, as with cache_aware.',
    default: 0.2,
    live: true,
  }),
  'kv-penalty-host': setting(fraction(), {
    group,
    description: "kv_aware: what a block is worth that lies in a worker's main memory.",
    default: 0.8,
  }),
  'kv-penalty-external': setting(fraction(), {
    group,
    description: 'kv_aware: … in a store that is not on its machine.',
    default: 0.6,
  }),
  'kv-penalty-disk': setting(fraction(), {
    group,
    description: 'kv_aware: … on its disk.',
    default: 0.3,
  }),
  'router-temperature': setting(fraction(0, 1_000_000), {
    group,
    description:
      'kv_aware: 0 takes the worker of the lowest cost; above it chance has a share, the larger the higher it is.',
    default: 0,
  }),
  'kv-aware-session-affinity-ttl-secs': optional(seconds(1), {
    group,
    description:
      'kv_aware: a session stays at its worker until so long after its last request, unless that is overloaded.',
  }),
};

/** @returns kv_aware's options under their own names */
export function kvOptions(config: ConfigOf<typeof KV_SETTINGS>): Partial<PolicyOptions> {
  return {
    temperature: config.routerTemperature,
    hostCredit: config.kvPenaltyHost,
    externalCredit: config.kvPenaltyExternal,
    diskCredit: config.kvPenaltyDisk,
    affinityMaxIdle: config.kvAwareSessionAffinityTtlSecs ?? 0,
  };
}
