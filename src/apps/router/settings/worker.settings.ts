import { boolean, integer, oneOf, seconds, text, wordsOf } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';
import { key } from './key.js';

/** Which model servers there are, and how requests name their session. */
export const WORKER_SETTINGS = {
  'worker-urls': setting(wordsOf(text('URL')), {
    group: 'Workers',
    live: true,
    description: 'The model servers, as http://HOST:PORT or https://HOST:PORT.',
    default: [],
  }),
  backend: setting(oneOf(['vllm', 'sglang', 'openai']), {
    group: 'Workers',
    description:
      "What --worker-urls are: engines, or (openai) APIs like OpenAI's, which are probed at /v1/models and may be at a path, as https://HOST/api.",
    default: 'vllm',
  }),
  'worker-api-key': optional(key(), {
    group: 'Workers',
    description:
      "The bearer token for --worker-urls, in place of the clients'; of others POST /workers says it (api_key).",
  }),
  'enable-igw': setting(boolean(), {
    group: 'Workers',
    description:
      'Tells models apart: a request goes to workers of its model, each model has a policy of its own.',
    default: false,
  }),
  'model-alias': setting(
    wordsOf(text('ALIAS=MODEL', /^[^=]+=.+$/, 'ALIAS=MODEL, as in gpt-4=meta-llama/Llama-3.1-8B')),
    {
      group: 'Workers',
      live: true,
      description: 'Other names of models: what clients call them, and what they are called.',
      default: [],
    },
  ),
  'data-parallel-size': setting(integer(1, 1024), {
    group: 'Workers',
    description:
      'Data-parallel ranks of a worker; above 1 each rank is chosen like a worker, and told as X-data-parallel-rank.',
    default: 1,
    aliases: ['intra-node-data-parallel-size'],
  }),
  'tier-max-load': setting(integer(1), {
    group: 'Workers',
    live: true,
    description:
      'Requests in flight at which a worker is full, where its label max_load does not say so: workers of lower priority get requests when all of higher priority are full.',
    default: 64,
  }),
  'load-check-interval-secs': setting(seconds(0.01), {
    group: 'Workers',
    description:
      'power_of_two and least_load: how often workers are asked for what they have in flight of others (GET /load).',
    default: 5,
  }),
  'session-headers': setting(wordsOf(text('NAME')), {
    group: 'Workers',
    live: true,
    description: 'The headers that name the session of a request, the first that is there counts.',
    default: ['x-session-id', 'x-user-id', 'x-tenant-id', 'x-smg-routing-key'],
  }),
  'session-fields': setting(wordsOf(text('MEMBER')), {
    group: 'Workers',
    live: true,
    description: 'The members of a body that name its session, asked after the headers.',
    default: ['session_params.session_id', 'user', 'session_id', 'user_id'],
  }),
  'worker-startup-timeout-secs': setting(seconds(), {
    group: 'Workers',
    live: true,
    description: 'A worker that did not answer well within this time is given up.',
    default: 600,
  }),
  'worker-startup-check-interval': setting(seconds(0.01), {
    group: 'Workers',
    live: true,
    description: 'How often, at least, a worker is probed that did not answer well yet.',
    default: 30,
  }),
};
