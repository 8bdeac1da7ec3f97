import { byteSize, oneOf, seconds } from '../../../config/kinds.js';
import { LOG_FORMATS, LOG_LEVELS } from '../../../config/log-levels.js';
import { optional, setting } from '../../../config/setting.js';

/** What the process says and how it ends. */
export const OPERATION_SETTINGS = {
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
