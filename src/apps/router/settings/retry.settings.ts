import { boolean, fraction, integer, seconds } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** How often a request is tried, and when a worker is left alone. */
export const RETRY_SETTINGS = {
  'request-timeout-secs': setting(seconds(), {
    group: 'Time-outs and retries',
    live: true,
    description: "How long a worker may take to send its answer's head; 0 switches it off.",
    default: 1800,
  }),
  'retry-max-retries': setting(integer(1, 100), {
    group: 'Time-outs and retries',
    live: true,
    description: 'Attempts in all, the first one included.',
    default: 5,
  }),
  'retry-initial-backoff-ms': setting(integer(0, 3_600_000), {
    group: 'Time-outs and retries',
    live: true,
    description: 'Milliseconds before the second attempt.',
    default: 50,
  }),
  'retry-max-backoff-ms': setting(integer(0, 3_600_000), {
    group: 'Time-outs and retries',
    live: true,
    description: 'Milliseconds between attempts at most.',
    default: 30_000,
  }),
  'retry-backoff-multiplier': setting(fraction(1, 100), {
    group: 'Time-outs and retries',
    live: true,
    description: 'Each pause is so many times the one before.',
    default: 1.5,
  }),
  'retry-jitter-factor': setting(fraction(0, 1), {
    group: 'Time-outs and retries',
    live: true,
    description: 'Pauses differ by this share up and down.',
    default: 0.2,
  }),
  'disable-retries': setting(boolean(), {
    group: 'Time-outs and retries',
    live: true,
    description: 'One attempt a request.',
    default: false,
  }),
  'cb-failure-threshold': setting(integer(1), {
    group: 'Circuit breakers',
    live: true,
    description: 'Failures in a row after which a worker is left alone.',
    default: 10,
  }),
  'cb-success-threshold': setting(integer(1), {
    group: 'Circuit breakers',
    live: true,
    description: 'Good answers in a row, one request at a time, after which it is used as before.',
    default: 3,
  }),
  'cb-window-duration-secs': setting(seconds(0.001), {
    group: 'Circuit breakers',
    live: true,
    description: 'Failures count together that come within this time.',
    default: 120,
  }),
  'cb-timeout-duration-secs': setting(seconds(), {
    group: 'Circuit breakers',
    live: true,
    description: 'How long it is left alone before one request tries it.',
    default: 60,
  }),
  'panic-threshold': setting(integer(0, 100), {
    group: 'Circuit breakers',
    live: true,
    description:
      'With less than so many percent of the healthy workers left by their breakers, breakers are ignored; 0 = never.',
    default: 0,
  }),
  'disable-circuit-breaker': setting(boolean(), {
    group: 'Circuit breakers',
    live: true,
    description: 'No worker is left alone.',
    default: false,
  }),
};
