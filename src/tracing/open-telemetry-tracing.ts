import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { legHeaders, readTraceContext, type IncomingContext } from './trace-context.js';
import {
  CHOICE_STEPS,
  Tracing,
  type ChoiceStep,
  type LegHeaders,
  type LegName,
  type LegSpan,
  type RequestSpan,
  type SpanAttributes,
  type SpanEnd,
  type TracedRequest,
} from './tracing.js';

const SCOPE = 'tandem/sidecar';
const SHUTDOWN_LIMIT_MS = 2_000;
const FIRST_SERVER_ERROR = 500;
const STEPS: ReadonlySet<string> = new Set(CHOICE_STEPS);

/** {@link Tracing} by OpenTelemetry. Contexts are passed by hand: no AsyncLocalStorage. */
export class OpenTelemetryTracing extends Tracing {
  private readonly tracer: Tracer;

  constructor(
    private readonly provider: NodeTracerProvider,
    scope = SCOPE,
  ) {
    super();
    this.tracer = provider.getTracer(scope);
  }

  startRequest(request: TracedRequest): RequestSpan {
    const incoming = readTraceContext(request.rawHeaders);
    const parent =
      incoming === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, incoming.span);
    const { method, route } = request;
    const name = request.name ?? (route === undefined ? method : `${method} ${route}`);
    const attributes = {
      'http.request.method': request.method,
      'url.path': request.path,
      ...(request.route !== undefined && { 'http.route': request.route }),
    };
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    return new OtelRequestSpan(this.tracer, span, incoming);
  }

  async shutdown(): Promise<void> {
    const flushed = this.provider.shutdown().catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, SHUTDOWN_LIMIT_MS)));
    await Promise.race([flushed, limit]);
    clearTimeout(timer);
  }
}

class OtelRequestSpan implements RequestSpan {
  private readonly context: Context;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    private readonly incoming: IncomingContext | undefined,
  ) {
    this.context = trace.setSpan(ROOT_CONTEXT, span);
  }

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get headers(): LegHeaders {
    return legHeaders(this.span.spanContext(), this.incoming);
  }

  child(name: LegName, attributes: SpanAttributes = {}): LegSpan {
    const { tracer, context, incoming } = this;
    const span = tracer.startSpan(name, { kind: kindOf(name), attributes }, context);
    return new OtelLegSpan(tracer, span, incoming);
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }

  end(end: SpanEnd = {}): void {
    finish(this.span, end);
  }
}

class OtelLegSpan implements LegSpan {
  readonly headers: LegHeaders;

  constructor(
    private readonly tracer: Tracer,
    private readonly span: Span,
    private readonly incoming: IncomingContext | undefined,
  ) {
    this.headers = legHeaders(span.spanContext(), incoming);
  }

  child(name: ChoiceStep, attributes: SpanAttributes = {}): LegSpan {
    const { tracer, incoming } = this;
    const context = trace.setSpan(ROOT_CONTEXT, this.span);
    const span = tracer.startSpan(name, { kind: kindOf(name), attributes }, context);
    return new OtelLegSpan(tracer, span, incoming);
  }

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }

  event(name: string, attributes: SpanAttributes): void {
    this.span.addEvent(name, attributes);
  }

  end(end: SpanEnd = {}): void {
    finish(this.span, end);
  }
}

function kindOf(name: LegName): SpanKind {
  return STEPS.has(name) ? SpanKind.INTERNAL : SpanKind.CLIENT;
}

/** Ends a span. The SDK would log a second end as a warning: it is left out. */
function finish(span: Span, { status, error, attributes }: SpanEnd): void {
  if (!span.isRecording()) return;
  if (attributes !== undefined) span.setAttributes(attributes);
  if (status !== undefined) span.setAttribute('http.response.status_code', status);
  if (error !== undefined || (status !== undefined && status >= FIRST_SERVER_ERROR)) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error ?? `status ${status}` });
  }
  span.end();
}
