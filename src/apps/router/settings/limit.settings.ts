import { fraction, integer, seconds } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';

/** How many requests may be under way. */
export const LIMIT_SETTINGS = {
  'max-concurrent-requests': setting(integer(1), {
    group: 'Limits',
    live: true,
    description: 'Requests at workers at a time; more wait in a queue.',
    default: 32_768,
  }),
  'queue-size': setting(integer(0), {
    group: 'Limits',
    live: true,
    description: 'Requests that may wait; above it 429.',
    default: 100,
  }),
  'queue-timeout-secs': setting(seconds(), {
    group: 'Limits',
    live: true,
    description: 'How long one may wait; after it --queue-timeout-status.',
    default: 60,
  }),
  'queue-timeout-status': setting(integer(400, 599), {
    group: 'Limits',
    live: true,
    description: 'The status of the answer then; vllm-router answers 408.',
    default: 503,
  }),
  'rate-limit-tokens-per-second': optional(fraction(0.001, 1_000_000), {
    group: 'Limits',
    live: true,
    description: 'Requests a second, with bursts of as many; above it 429.',
    defaultText: 'no limit',
  }),
};
