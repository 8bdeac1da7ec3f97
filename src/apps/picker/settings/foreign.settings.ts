import { boolean, integer, text } from '../../../config/kinds.js';
import { ignoredFlag, LOGGING_FLAGS } from '../../../config/inert.js';
import type { InertFlag } from '../../../config/setting.js';

/** Flags of llm-d's endpoint picker and of the vLLM router's ext_proc service that have nothing to do here. */
export const FOREIGN_FLAGS: readonly InertFlag[] = [
  ...LOGGING_FLAGS,
  // The health service is on the ext_proc port always, plugins are all had, and Prometheus needs no token.
  ignoredFlag('health-checking', boolean()),
  ignoredFlag('allow-experimental-plugins', boolean()),
  ignoredFlag('metrics-endpoint-auth', boolean()),
  ignoredFlag('enable-pprof', boolean()),
  ignoredFlag('enable-grpc-stream-metrics', boolean()),
  ignoredFlag('grpc-max-send-msg-size', integer()),
  ignoredFlag('metrics-cert-dir'),
  ignoredFlag('metrics-client-ca-file'),
  ignoredFlag('refresh-prometheus-metrics-interval'),
  ignoredFlag('ha-enable-leader-election', boolean()),
  ignoredFlag('engine-stats-interval', integer()),
  ignoredFlag('request-stats-window', integer()),
  ignoredFlag('feature-gates', text()),
];
