import { integer } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** How much of the load may be retries. */
export const RETRY_BUDGET_SETTINGS = {
  'retry-budget-percent': setting(integer(0, 100), {
    group: 'Time-outs and retries',
    description:
      'Retries in percent of the requests of the last ten seconds; above it the last answer, or error, is passed on; 100 = no limit.',
    default: 20,
  }),
  'retry-budget-min-per-sec': setting(integer(0), {
    group: 'Time-outs and retries',
    description: 'Retries a second that are allowed at any load.',
    default: 10,
  }),
};
