import { integer } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** What operators see of requests. */
export const SEEING_SETTINGS = {
  'decision-log-size': setting(integer(0, 1_000_000), {
    group: 'Operation',
    description:
      'Requests of which is kept why they went where they went, for /debug/decisions and the page of the metrics port; 0 keeps none.',
    default: 1000,
  }),
};
