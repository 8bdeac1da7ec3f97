import { boolean } from '../../../config/kinds.js';
import { setting } from '../../../config/setting.js';

const group = 'Tracing';

/** Spans of requests; where they go, and how many, is said by OpenTelemetry's own variables. */
export const TRACING_SETTINGS = {
  tracing: setting(boolean(), {
    group,
    description:
      'Send spans of requests and decisions to an OpenTelemetry collector, as OTEL_* variables say: gRPC at localhost:4317, and one of ten traces that begin here, where they say nothing.',
    default: false,
  }),
};
