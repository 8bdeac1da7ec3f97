import { boolean, oneOf, text } from '../../../config/kinds.js';
import { LOG_FORMATS, routerLogLevel } from '../../../config/log-levels.js';
import { optional, setting } from '../../../config/setting.js';

const group = 'Logging';

/** What the process says, and where. */
export const LOG_SETTINGS = {
  'log-level': setting(routerLogLevel(), {
    group,
    live: true,
    description: 'How much is logged; warning and critical are taken for warn and error.',
    default: 'info',
  }),
  'log-format': setting(oneOf(LOG_FORMATS), {
    group,
    description: 'JSON lines or lines to read; auto is JSON unless stderr is a terminal.',
    default: 'auto',
  }),
  'log-json': setting(boolean(), {
    group,
    description: 'As --log-format=json.',
    default: false,
  }),
  'log-dir': optional(text('FOLDER', /./, 'a folder'), {
    group,
    description:
      'The folder of a log file a day, tandem-router.YYYY-MM-DD.log (days of UTC), which gets the same lines as stderr, as JSON; SIGHUP opens it anew.',
    defaultText: 'no file',
  }),
};
