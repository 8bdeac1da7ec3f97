import { integer, seconds, text } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** How workers are probed. */
export const HEALTH_SETTINGS = {
  'health-check-endpoint': setting(text('PATH', /^\/[!-~]*$/, 'a path that begins with a slash'), {
    group: 'Health',
    live: true,
    description: 'What workers are asked for; a 2xx is a good answer.',
    default: '/health',
  }),
  'health-check-interval-secs': setting(seconds(0.01), {
    group: 'Health',
    live: true,
    description: 'How often workers are probed.',
    default: 10,
  }),
  'health-check-timeout-secs': setting(seconds(0.01), {
    group: 'Health',
    live: true,
    description: 'How long a probe may take.',
    default: 5,
  }),
  'health-failure-threshold': setting(integer(1), {
    group: 'Health',
    live: true,
    description: 'Bad probes in a row after which a worker gets no requests.',
    default: 3,
  }),
  'health-success-threshold': setting(integer(1), {
    group: 'Health',
    live: true,
    description: 'Good probes in a row after which it gets them again.',
    default: 2,
  }),
};
