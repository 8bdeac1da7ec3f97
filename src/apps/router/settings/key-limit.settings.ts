import { integer } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** How much each key may ask for. */
export const KEY_LIMIT_SETTINGS = {
  'key-requests-per-minute': setting(integer(0), {
    group: 'Limits',
    description:
      'Requests of one key in a minute (bearer token, else x-api-key; all without one together); above it 429; 0 = no limit.',
    default: 0,
  }),
  'key-tokens-per-minute': setting(integer(0), {
    group: 'Limits',
    description:
      'Tokens of prompts and answers of one key in a minute, as workers tell them; above it 429; 0 = no limit.',
    default: 0,
  }),
};
