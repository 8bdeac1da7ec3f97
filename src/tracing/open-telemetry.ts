import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import type { Logger } from '../logging/logger.js';
import { LogSpanExporter } from './log-span-exporter.js';
import { OpenTelemetryTracing } from './open-telemetry-tracing.js';
import { QuietExporter } from './quiet-exporter.js';
import type { ExporterSettings, TracingSettings } from './tracing-settings.js';
import type { Tracing } from './tracing.js';

/** Spans leave in batches, at the latest so long after their end. */
const BATCH_DELAY_MS = 1_000;

/**
 * @returns tracing by OpenTelemetry's SDK. Nothing is registered globally: two applications in one
 * process keep their spans apart, and no instrumentation of anything else is switched on
 */
export async function startOpenTelemetry(
  settings: TracingSettings,
  logger: Logger,
): Promise<Tracing> {
  const exporter = await createExporter(settings.exporter, logger);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      ...settings.resource,
      'service.name': settings.serviceName,
    }),
    sampler: samplerOf(settings),
    spanProcessors:
      exporter === undefined
        ? []
        : [new BatchSpanProcessor(exporter, { scheduledDelayMillis: BATCH_DELAY_MS })],
  });
  return new OpenTelemetryTracing(provider, settings.scope);
}

/**
 * Endpoint and protocol are the settings'; headers, certificates and compression the exporters
 * read from OTEL_EXPORTER_OTLP_* themselves.
 */
async function createExporter(
  settings: ExporterSettings,
  logger: Logger,
): Promise<SpanExporter | undefined> {
  switch (settings.kind) {
    case 'none':
      return undefined;
    case 'console':
      return new LogSpanExporter(logger);
    case 'otlp': {
      // One of the two is loaded: gRPC alone is several megabytes of code.
      const { OTLPTraceExporter } =
        settings.protocol === 'grpc'
          ? await import('@opentelemetry/exporter-trace-otlp-grpc')
          : await import('@opentelemetry/exporter-trace-otlp-proto');
      const exporter = new OTLPTraceExporter({
        url: settings.url,
        timeoutMillis: settings.timeoutMs,
      });
      return new QuietExporter(exporter, new URL(settings.url).host, logger);
    }
  }
}

function samplerOf({ sampler, ratio }: TracingSettings): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}
