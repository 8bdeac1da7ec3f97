import { duration } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

const group = 'Metrics of model servers';

/** How model servers are asked for their metrics. */
export const SERVER_METRICS_SETTINGS = {
  'refresh-metrics-interval': setting(duration(), {
    group,
    description:
      'How often each model server is asked for its metrics, from 50ms on; less often where that would take more than half a processor.',
    default: '50ms',
  }),
  'metrics-staleness-threshold': setting(duration(), {
    group,
    description:
      'A model server whose metrics are older than this counts as full; scorers go on with them.',
    default: '2s',
  }),
};
