import { hrTimeToMs } from './hr-time.js';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from '../logging/logger.js';

const SUCCESS = 0;

/** Writes spans as log lines (OTEL_TRACES_EXPORTER=console), one JSON object each. */
export class LogSpanExporter implements SpanExporter {
  constructor(private readonly logger: Logger) {}

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    for (const span of spans) this.write(span);
    done({ code: SUCCESS });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  private write(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    this.logger.info('span', {
      name: span.name,
      traceId,
      spanId,
      parentSpanId: span.parentSpanContext?.spanId,
      startTime: new Date(hrTimeToMs(span.startTime)).toISOString(),
      durationMs: hrTimeToMs(span.duration),
      attributes: span.attributes,
      failed: span.status.message,
    });
  }
}
