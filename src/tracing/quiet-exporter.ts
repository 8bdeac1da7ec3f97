import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Logger } from '../logging/logger.js';

type Done = Parameters<SpanExporter['export']>[1];

/** `ExportResultCode.SUCCESS` of OpenTelemetry's specification. */
const SUCCESS = 0;

/** Logs when the collector stops taking spans and when it takes them again; not each failure. */
export class QuietExporter implements SpanExporter {
  private failing = false;
  private lostSpans = 0;

  constructor(
    private readonly inner: SpanExporter,
    private readonly collector: string,
    private readonly logger: Logger,
  ) {}

  export(spans: ReadableSpan[], done: Done): void {
    this.inner.export(spans, (result) => {
      if (result.code === SUCCESS) this.succeeded();
      else this.failed(spans.length, result.error);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.inner.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.inner.shutdown();
  }

  private succeeded(): void {
    if (!this.failing) return;
    this.failing = false;
    this.logger.info('traces are exported again', {
      collector: this.collector,
      lost: this.lostSpans,
    });
    this.lostSpans = 0;
  }

  private failed(spans: number, error: Error | undefined): void {
    this.lostSpans += spans;
    if (this.failing) return;
    this.failing = true;
    const reason = error?.message ?? 'unknown';
    this.logger.warn('traces cannot be exported', { collector: this.collector, reason });
  }
}
