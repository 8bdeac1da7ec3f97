import { createTraceState, TraceFlags, type SpanContext } from '@opentelemetry/api';
import type { LegHeaders } from './tracing.js';

/** version "-" trace-id "-" parent-id "-" flags; a later version may append more fields. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ALL_ZEROS = /^0+$/;
/** Flags of W3C Trace Context level 2: "the trace id is random" is passed on as received. */
const RANDOM_FLAG = 0x02;

/** The client's trace context, as far as it is valid. */
export interface IncomingContext {
  readonly span: SpanContext;
  /** The tracestate as sent, for passing on unchanged. */
  readonly tracestate: string | undefined;
  readonly flags: number;
}

/**
 * Reads traceparent and tracestate by W3C Trace Context (§3.2, §3.3): several traceparent lines or
 * an invalid one mean a new trace, and then tracestate is dropped; its own lines are joined.
 *
 * @param rawHeaders name and value in turn
 */
export function readTraceContext(rawHeaders: readonly string[]): IncomingContext | undefined {
  const parents = linesOf(rawHeaders, 'traceparent');
  const match = parents.length === 1 ? TRACEPARENT.exec(parents[0]?.trim() ?? '') : null;
  if (match === null) return undefined;
  const [, version, traceId = '', spanId = '', flagText = '', rest] = match;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (ALL_ZEROS.test(traceId) || ALL_ZEROS.test(spanId)) return undefined;
  const tracestate = linesOf(rawHeaders, 'tracestate').join(',') || undefined;
  const flags = Number.parseInt(flagText, 16);
  const span: SpanContext = {
    traceId,
    spanId,
    traceFlags: flags & TraceFlags.SAMPLED,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  };
  return { span, tracestate, flags };
}

/** @returns what a leg is sent: its own span id in the client's trace */
export function legHeaders(span: SpanContext, incoming: IncomingContext | undefined): LegHeaders {
  const flags = (span.traceFlags & TraceFlags.SAMPLED) | ((incoming?.flags ?? 0) & RANDOM_FLAG);
  const traceparent = `00-${span.traceId}-${span.spanId}-${flags.toString(16).padStart(2, '0')}`;
  return { traceparent, tracestate: incoming?.tracestate };
}

function linesOf(rawHeaders: readonly string[], name: string): string[] {
  const lines: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header?.length === name.length && header.toLowerCase() === name) {
      lines.push(rawHeaders[index + 1] ?? '');
    }
  }
  return lines;
}
