import { ignoredFlag, LOGGING_FLAGS, plannedFlag } from './inert.js';
import { boolean, integer, text } from './kinds.js';
import type { InertFlag } from './setting.js';

/**
 * Flags of parts that this version does not have. What asks for such a part is an error; what only describes it is ignored. A part that arrives moves its flags from here to
 * `sidecar.settings.ts`. None of them stands in `--help`.
 */
export const PLANNED_FLAGS: readonly InertFlag[] = [
  // Connectors, encoders, data parallelism, chunked decoding.
  plannedFlag('ec-connector', text(), ''),
  plannedFlag('data-parallel-size', integer(1), 1),
  plannedFlag('decode-chunk-size', integer(), 0),
  plannedFlag('enable-p2p-pull', boolean(), false),
  plannedFlag('enable-speculative-prefill', boolean(), false),
  plannedFlag('moriio-write-mode', boolean(), false),
  plannedFlag('moriio-parallel-dispatch', boolean(), false),
  ...[
    'mooncake-bootstrap-port',
    'p2p-connector-port',
    'moriio-parallel-decode-wait-timeout',
    'moriio-local-pod-ip',
    'moriio-decode-notify-port',
    'moriio-decode-handshake-port',
    'moriio-prefill-notify-port',
    'moriio-prefill-handshake-port',
    'moriio-tp-size',
    'moriio-dp-size',
    'moriio-dp-size-local',
    'moriio-remote-hosts',
    'moriio-decode-hosts',
  ].map((name) => ignoredFlag(name)),
  // TLS for metrics.
  plannedFlag('metrics-cert-dir', text(), ''),
  ...LOGGING_FLAGS,
];
