import { byteSize, seconds } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';

/** How much the process holds and how it ends. */
export const OPERATION_SETTINGS = {
  'max-buffered-bytes': optional(byteSize(), {
    group: 'Operation',
    description: 'The bodies of all requests together that are held in memory; above it 503.',
    defaultText: 'half the memory limit',
  }),
  'shutdown-accept-secs': setting(seconds(), {
    group: 'Operation',
    live: true,
    description:
      'How long after SIGTERM new requests are still served, with Connection: close and while /readiness is 503 already: load balancers learn of it meanwhile. It is part of --shutdown-grace-period-secs.',
    default: 0,
  }),
  'shutdown-grace-period-secs': setting(seconds(), {
    group: 'Operation',
    live: true,
    description: 'How long requests in flight may go on after SIGTERM.',
    default: 180,
  }),
};
