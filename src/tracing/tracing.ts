/** Values that a span can carry. `undefined` is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** What is known of a request when its span starts. */
export interface TracedRequest {
  /** Header lines as received, name and value in turn (`IncomingMessage.rawHeaders`). */
  readonly rawHeaders: readonly string[];
  readonly method: string;
  /** Path without its query. */
  readonly path: string;
  /** The route that it matches: part of the span's name, so the set must be small. */
  readonly route?: string | undefined;
  /** Of the span, in place of method and route. */
  readonly name?: string | undefined;
}

/** How a request or leg ended. */
export interface SpanEnd {
  /** HTTP status, where there was one; 500 and above marks the span as failed. */
  readonly status?: number | undefined;
  /** What went wrong, in a few words; marks the span as failed. */
  readonly error?: string | undefined;
  readonly attributes?: SpanAttributes | undefined;
}

/** Trace context of one leg, replacing the client's header lines of these names. */
export interface LegHeaders {
  readonly traceparent: string;
  /** Absent: a client's own tracestate must not be sent on. */
  readonly tracestate?: string | undefined;
}

/** Steps of a choice of who gets a request: they are no requests themselves. Names with dots and lines are llm-d's. */
export const CHOICE_STEPS = [
  'pick',
  'gateway.request_orchestration',
  'run_scheduler_profile',
  'filter_endpoints',
  'llm_d.epp.scoring',
  'pick_endpoints',
] as const;

export type ChoiceStep = (typeof CHOICE_STEPS)[number];

/** `chunked_decode` is a decode that takes several requests. */
export type LegName = 'prefill' | 'decode' | 'chunked_decode' | 'encode' | 'attempt' | ChoiceStep;

/** A leg of a request. */
export interface LegSpan {
  /** What the engine is sent; baggage stays as the client sent it. */
  readonly headers: LegHeaders;
  set(attributes: SpanAttributes): void;
  /** Something happened in the course of the leg. */
  event(name: string, attributes: SpanAttributes): void;
  /** Starts a step that is part of this one. */
  child(name: ChoiceStep, attributes?: SpanAttributes): LegSpan;
  /** Ends the leg; a second call does nothing. */
  end(end?: SpanEnd): void;
}

/** A request, parent of its legs. */
export interface RequestSpan {
  readonly traceId: string;
  /** What the engine is sent where the request has no leg that is told of it. */
  readonly headers: LegHeaders;
  /** Starts a leg: a child of the request. */
  child(name: LegName, attributes?: SpanAttributes): LegSpan;
  set(attributes: SpanAttributes): void;
  /** Ends the request; a second call does nothing. */
  end(end?: SpanEnd): void;
}

/**
 * Spans for requests and their legs; this class is also the injection token.
 *
 * `undefined` from {@link startRequest} means tracing is off: traceparent, tracestate and baggage
 * then pass both legs as the client sent them.
 */
export abstract class Tracing {
  abstract startRequest(request: TracedRequest): RequestSpan | undefined;

  /** Sends the spans that wait, for a bounded time; never rejects. */
  abstract shutdown(): Promise<void>;
}
