import {
  boolean,
  byteSize,
  fraction,
  integer,
  oneOf,
  port,
  seconds,
  text,
  wordsOf,
  type Kind,
} from '../../config/kinds.js';
import { plannedFlag } from '../../config/inert.js';
import { LOG_FORMATS, LOG_LEVELS } from '../../config/log-levels.js';
import { defineSettings, optional, setting, type ConfigOf } from '../../config/setting.js';
import { POLICY_SETTINGS } from './policy.settings.js';

/** An empty one would open what it is to close. */
function key(): Kind<string> {
  return text('KEY', /^\S+$/, 'a key without blanks; leave the flag out for none');
}

const LISTENING = {
  host: setting(text('ADDRESS'), {
    group: 'Listening',
    description: 'The address to listen on.',
    default: '127.0.0.1',
  }),
  port: setting(port(0), {
    group: 'Listening',
    description: 'The port of clients and of the worker API; 0 lets the system choose.',
    default: 30_000,
  }),
  'prometheus-host': setting(text('ADDRESS'), {
    group: 'Listening',
    description: 'The address of the metrics port.',
    default: '127.0.0.1',
  }),
  'prometheus-port': setting(port(0), {
    group: 'Listening',
    description: 'The port of /metrics and /health; 0 switches it off.',
    default: 29_000,
  }),
  'api-key': optional(key(), {
    group: 'Listening',
    description: 'The bearer token that clients must send.',
  }),
  'admin-api-key': optional(key(), {
    group: 'Listening',
    description:
      'The bearer token for the worker API; without one, and without --api-key, that API answers only where --host is of the loopback.',
    defaultText: 'that of --api-key',
  }),
  'max-payload-size': setting(byteSize(), {
    group: 'Listening',
    description: 'The longest request body; above it 413.',
    default: 536_870_912,
  }),
  'request-id-headers': setting(wordsOf(text('NAME')), {
    group: 'Listening',
    description: "The headers in which a request's id is looked for, in this order.",
    default: ['x-request-id', 'x-correlation-id', 'x-trace-id', 'request-id'],
  }),
};

const WORKERS = {
  'worker-urls': setting(wordsOf(text('URL')), {
    group: 'Workers',
    description: 'The model servers, as http://HOST:PORT or https://HOST:PORT.',
    default: [],
  }),
  'session-headers': setting(wordsOf(text('NAME')), {
    group: 'Workers',
    description: 'The headers that name the session of a request, the first that is there counts.',
    default: ['x-session-id', 'x-user-id', 'x-tenant-id', 'x-smg-routing-key'],
  }),
  'session-fields': setting(wordsOf(text('MEMBER')), {
    group: 'Workers',
    description: 'The members of a body that name its session, asked after the headers.',
    default: ['session_params.session_id', 'user', 'session_id', 'user_id'],
  }),
  'worker-startup-timeout-secs': setting(seconds(), {
    group: 'Workers',
    description: 'A worker that did not answer well within this time is given up.',
    default: 600,
  }),
  'worker-startup-check-interval': setting(seconds(0.01), {
    group: 'Workers',
    description: 'How often, at least, a worker is probed that did not answer well yet.',
    default: 30,
  }),
};

const HEALTH = {
  'health-check-endpoint': setting(text('PATH', /^\/[!-~]*$/, 'a path that begins with a slash'), {
    group: 'Health',
    description: 'What workers are asked for; a 2xx is a good answer.',
    default: '/health',
  }),
  'health-check-interval-secs': setting(seconds(0.01), {
    group: 'Health',
    description: 'How often workers are probed.',
    default: 10,
  }),
  'health-check-timeout-secs': setting(seconds(0.01), {
    group: 'Health',
    description: 'How long a probe may take.',
    default: 5,
  }),
  'health-failure-threshold': setting(integer(1), {
    group: 'Health',
    description: 'Bad probes in a row after which a worker gets no requests.',
    default: 3,
  }),
  'health-success-threshold': setting(integer(1), {
    group: 'Health',
    description: 'Good probes in a row after which it gets them again.',
    default: 2,
  }),
};

const LIMITS = {
  'max-concurrent-requests': setting(integer(1), {
    group: 'Limits',
    description: 'Requests at workers at a time; more wait in a queue.',
    default: 32_768,
  }),
  'queue-size': setting(integer(0), {
    group: 'Limits',
    description: 'Requests that may wait; above it 429.',
    default: 100,
  }),
  'queue-timeout-secs': setting(seconds(), {
    group: 'Limits',
    description: 'How long one may wait; after it 503.',
    default: 60,
  }),
  'rate-limit-tokens-per-second': optional(fraction(0.001, 1_000_000), {
    group: 'Limits',
    description: 'Requests a second, with bursts of as many; above it 429.',
    defaultText: 'no limit',
  }),
};

const RETRIES = {
  'request-timeout-secs': setting(seconds(), {
    group: 'Time-outs and retries',
    description: "How long a worker may take to send its answer's head; 0 switches it off.",
    default: 1800,
  }),
  'retry-max-retries': setting(integer(1, 100), {
    group: 'Time-outs and retries',
    description: 'Attempts in all, the first one included.',
    default: 5,
  }),
  'retry-initial-backoff-ms': setting(integer(0, 3_600_000), {
    group: 'Time-outs and retries',
    description: 'Milliseconds before the second attempt.',
    default: 50,
  }),
  'retry-max-backoff-ms': setting(integer(0, 3_600_000), {
    group: 'Time-outs and retries',
    description: 'Milliseconds between attempts at most.',
    default: 30_000,
  }),
  'retry-backoff-multiplier': setting(fraction(1, 100), {
    group: 'Time-outs and retries',
    description: 'Each pause is so many times the one before.',
    default: 1.5,
  }),
  'retry-jitter-factor': setting(fraction(0, 1), {
    group: 'Time-outs and retries',
    description: 'Pauses differ by this share up and down.',
    default: 0.2,
  }),
  'disable-retries': setting(boolean(), {
    group: 'Time-outs and retries',
    description: 'One attempt a request.',
    default: false,
  }),
  'cb-failure-threshold': setting(integer(1), {
    group: 'Circuit breakers',
    description: 'Failures in a row after which a worker is left alone.',
    default: 10,
  }),
  'cb-success-threshold': setting(integer(1), {
    group: 'Circuit breakers',
    description: 'Good answers in a row, one request at a time, after which it is used as before.',
    default: 3,
  }),
  'cb-window-duration-secs': setting(seconds(0.001), {
    group: 'Circuit breakers',
    description: 'Failures count together that come within this time.',
    default: 120,
  }),
  'cb-timeout-duration-secs': setting(seconds(), {
    group: 'Circuit breakers',
    description: 'How long it is left alone before one request tries it.',
    default: 60,
  }),
  'disable-circuit-breaker': setting(boolean(), {
    group: 'Circuit breakers',
    description: 'No worker is left alone.',
    default: false,
  }),
};

const OPERATION = {
  'log-level': setting(oneOf(LOG_LEVELS), {
    group: 'Operation',
    description: 'How much is logged.',
    default: 'info',
  }),
  'log-format': setting(oneOf(LOG_FORMATS), {
    group: 'Operation',
    description: 'JSON lines or lines to read; auto is JSON unless stderr is a terminal.',
    default: 'auto',
  }),
  'max-buffered-bytes': optional(byteSize(), {
    group: 'Operation',
    description: 'The bodies of all requests together that are held in memory; above it 503.',
    defaultText: 'half the memory limit',
  }),
  'shutdown-grace-period-secs': setting(seconds(), {
    group: 'Operation',
    description: 'How long requests in flight may go on after SIGTERM.',
    default: 180,
  }),
};

/** Flags of parts that are not here: what asks for such a part is an error, not a surprise. */
const PLANNED = [
  plannedFlag('enable-igw', boolean(), false),
  plannedFlag('pd-disaggregation', boolean(), false),
  plannedFlag('vllm-pd-disaggregation', boolean(), false),
  plannedFlag('service-discovery', boolean(), false),
  plannedFlag('data-parallel-size', integer(1), 1),
  plannedFlag('intra-node-data-parallel-size', integer(1), 1),
];

/** All that the router can be told. */
export const routerSettings = defineSettings({
  program: 'router',
  summary: 'Spreads OpenAI-style requests over many model servers.',
  settings: {
    ...LISTENING,
    ...WORKERS,
    ...POLICY_SETTINGS,
    ...HEALTH,
    ...LIMITS,
    ...RETRIES,
    ...OPERATION,
  },
  inert: PLANNED,
});

export type RouterConfig = ConfigOf<typeof routerSettings.settings>;
