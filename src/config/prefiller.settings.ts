import { boolean, duration, integer, oneOf, port } from './kinds.js';
import { optional, setting } from './setting.js';

const GROUP = 'Prefillers';

/** Which prefiller is asked, and when one is left alone. */
export const PREFILLER_SETTINGS = {
  'prefiller-fallback': setting(oneOf(['candidates', 'none', 'pool']), {
    group: GROUP,
    description:
      'Who is asked after a prefiller failed: the other candidates of the request, nobody else, or, after the candidates, the other ready prefillers of the InferencePool.',
    default: 'candidates',
  }),
  'breaker-threshold': setting(integer(0, 1_000_000), {
    group: GROUP,
    description:
      'After so many failures in a row a prefiller is not asked for a while; 0 switches this off.',
    default: 5,
  }),
  'breaker-cooldown': setting(duration(), {
    group: GROUP,
    description: 'How long such a prefiller is left alone before one request tries it.',
    default: '60s',
  }),
  'prefiller-discovery': setting(boolean(), {
    group: GROUP,
    description:
      'Prefill requests that name no prefiller at the ready one of the InferencePool with the least in flight.',
    default: false,
  }),
  'prefiller-port': optional(port(), {
    group: GROUP,
    description: 'The port of prefillers that discovery finds.',
    defaultText: "the pool's first target port",
  }),
  'prefiller-health-interval': setting(duration(), {
    group: GROUP,
    description:
      'How often GET /health is asked of known prefillers; one that does not answer well is asked last. 0 switches it off.',
    default: '0s',
  }),
};
