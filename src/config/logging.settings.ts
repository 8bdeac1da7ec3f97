import { boolean, oneOf, text } from './kinds.js';
import { LOG_FORMATS, LOG_LEVELS, verbosity, zapEncoder, zapLevel } from './log-levels.js';
import { optional, setting } from './setting.js';

const group = 'Logging';

/**
 * Settings of the log. Those of klog and zap that mean something here are aliases or stand beside;
 * `inert.ts` lists the rest.
 */
export const LOGGING_SETTINGS = {
  'log-level': optional(oneOf(LOG_LEVELS), {
    group,
    description:
      'How much is logged. -v counts as in klog (0 to 3 info, 4 debug, 5 trace), --zap-log-level takes debug, info, error, panic or such a number.',
    defaultText: 'info',
    aliases: [
      { name: 'zap-log-level', kind: zapLevel() },
      { name: 'v', kind: verbosity() },
    ],
  }),
  'log-format': optional(oneOf(LOG_FORMATS), {
    group,
    description:
      'JSON lines or lines to read; auto is JSON unless stderr is a terminal. --zap-encoder takes json or console.',
    defaultText: 'auto',
    aliases: [{ name: 'zap-encoder', kind: zapEncoder() }],
  }),
  'zap-devel': setting(boolean(), {
    group,
    description: 'As --log-level=debug --log-format=pretty, which win over it.',
    default: false,
  }),
  logtostderr: setting(boolean(), {
    group,
    description: 'Log to stderr and not to a file, as klog: -log_file and -log_dir need false.',
    default: true,
  }),
  alsologtostderr: setting(boolean(), {
    group,
    description: 'Log to stderr beside the file.',
    default: false,
  }),
  'log-file': optional(text('FILE'), {
    group,
    description: 'The file that is logged to with -logtostderr=false.',
  }),
  'log-dir': optional(text('FOLDER'), {
    group,
    description: 'The folder of that file, named tandem-sidecar.log, without -log_file.',
  }),
};
