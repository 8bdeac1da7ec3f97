import { seconds, text, wordsOf } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

/** Which model servers there are, and how requests name their session. */
export const WORKER_SETTINGS = {
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
