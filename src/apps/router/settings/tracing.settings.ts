import { boolean, fraction, text, wordsOf } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';

const group = 'Tracing';

/** Spans of requests, as vllm-router spells them. */
export const TRACING_SETTINGS = {
  'enable-trace': setting(boolean(), {
    group,
    description:
      'Send spans of requests, choices and attempts to an OpenTelemetry collector; other OTEL_* variables count too.',
    default: false,
  }),
  'otlp-traces-endpoint': optional(text('HOST:PORT|URL', /^\S+$/, 'an address'), {
    group,
    description: 'The collector: gRPC at port 4317, else HTTP.',
    defaultText: 'localhost:4317, or OTEL_EXPORTER_OTLP_*',
  }),
  'otel-sampling-ratio': setting(fraction(0, 1), {
    group,
    description: 'The share of traces that is recorded, where the client has not decided.',
    default: 1,
  }),
  'otel-excluded-paths': setting(wordsOf(text('PATH')), {
    group,
    description: 'Requests to these paths have no spans.',
    default: [],
  }),
};
