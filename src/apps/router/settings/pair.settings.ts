import { boolean, byteSize, oneOf, text, wordsOf } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';
import { PAIR_CONNECTOR_SETTINGS } from '../../../connector/pair-settings.js';
import { POLICY_SPELLINGS } from '../../../policy/policies.js';
import { PAIR_CONNECTOR_NAMES } from '../pairs/pair-connector-names.js';
import { prefillWorkers } from './prefill-workers.js';

const group = 'Prefill and decode';

/** Workers that share the work of a request: one computes the prompt, another one the answer. */
export const PAIR_SETTINGS = {
  'pd-disaggregation': setting(boolean(), {
    group,
    live: true,
    description:
      'Generating requests go to a prefill worker and a decode worker, also where regular workers are there.',
    default: false,
    aliases: ['vllm-pd-disaggregation'],
  }),
  prefill: setting(prefillWorkers(), {
    group,
    live: true,
    description: 'A prefill worker, and the port of its bootstrap server where it has one.',
    default: [],
  }),
  decode: setting(wordsOf(text('URL')), {
    group,
    live: true,
    description: 'The decode workers.',
    default: [],
  }),
  'prefill-policy': optional(oneOf(POLICY_SPELLINGS), {
    group,
    live: true,
    description: 'How the prefill worker of a request is chosen.',
    defaultText: 'that of --policy',
  }),
  'decode-policy': optional(oneOf(POLICY_SPELLINGS), {
    group,
    live: true,
    description: 'How its decode worker is chosen.',
    defaultText: 'that of --policy',
  }),
  'kv-connector': setting(oneOf(PAIR_CONNECTOR_NAMES), {
    group,
    description:
      "How KV caches go from prefill to decode; nixl is vLLM's NixlConnector, as nixlv2.",
    default: 'nixl',
  }),
  'pd-decode-fallback': setting(boolean(), {
    group,
    live: true,
    description: 'Decode workers compute prompts too when no prefill worker can.',
    default: false,
  }),
  'vllm-discovery-address': optional(
    text(
      'HOST:PORT',
      /^(?:\[[\da-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/,
      'HOST:PORT, such as 10.0.0.5:30001',
    ),
    {
      group,
      description:
        'Where workers of connector p2pnccl announce themselves over ZeroMQ: who can reach it can add workers.',
    },
  ),
  'max-prefill-response-bytes': setting(byteSize(), {
    group,
    live: true,
    description: 'The longest answer of a prefill worker.',
    default: '64MiB',
  }),
  ...PAIR_CONNECTOR_SETTINGS,
};
