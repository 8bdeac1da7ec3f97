import type { ScheduledEndpoint } from '../../../scheduling/scheduled-endpoint.js';
import type { ProfileStep, SchedulingTrace } from '../../../scheduling/scheduling-trace.js';
import type { LegHeaders, LegSpan, RequestSpan, Tracing } from '../../../tracing/tracing.js';
import type { AnswerTokens } from '../../../metrics/request-record.js';

/** A request as it is traced: see `ProxiedRequest`. */
export interface TraceableRequest {
  readonly headers: { get(name: string): string | undefined };
}

/** What a request is about: see `InferenceRequest`. */
export interface TracedFacts {
  readonly id: string;
  readonly model: string;
  readonly targetModel: string;
  readonly priority: number;
  readonly fairnessId: string;
  readonly bytes: number;
}

const CONTEXT = ['traceparent', 'tracestate'] as const;

/** The spans of one request, named and put together as llm-d's endpoint picker does. */
export class RequestTrace implements SchedulingTrace {
  private orchestration: LegSpan | undefined;
  private profile: LegSpan | undefined;
  private step: LegSpan | undefined;

  constructor(private readonly span: RequestSpan) {}

  /** What the model server is sent, so that its spans are part of this one. */
  get headers(): LegHeaders {
    return this.span.headers;
  }

  /** It was understood, and the way to its decision begins: queues, producers, profiles. */
  began(request: TracedFacts): void {
    const { id, model, targetModel, priority, fairnessId, bytes } = request;
    this.span.set({ 'gen_ai.request.id': id, 'gen_ai.request.model': model });
    this.orchestration = this.span.child('gateway.request_orchestration', {
      'gen_ai.request.id': id,
      'gen_ai.request.model': model,
      'llm_d.epp.target_model': targetModel,
      'llm_d.epp.priority': priority,
      'llm_d.epp.fairness_id': fairnessId,
      'llm_d.epp.request_bytes': bytes,
    });
  }

  profileBegan(name: string, candidates: number): void {
    this.profile = this.orchestration?.child('run_scheduler_profile', {
      'llm_d.epp.profile': name,
      'llm_d.epp.candidates': candidates,
    });
  }

  stepBegan(step: ProfileStep, endpoints: number): void {
    this.step?.end();
    this.step = this.profile?.child(step, { 'llm_d.epp.candidates': endpoints });
  }

  profileEnded(picked: readonly ScheduledEndpoint[] | undefined): void {
    this.step?.end();
    this.step = undefined;
    this.profile?.end({
      error: picked ? undefined : 'no endpoint is left',
      attributes: { 'llm_d.epp.picked': picked?.[0]?.id },
    });
    this.profile = undefined;
  }

  /** @param destination what the proxy is told */
  decided(destination: string): void {
    this.span.set({ 'llm_d.epp.destination': destination });
    this.orchestration?.end({ attributes: { 'llm_d.epp.destination': destination } });
  }

  /** It goes nowhere. @param reason for the client */
  refused(status: number, reason: string): void {
    this.orchestration?.end({ error: reason });
    this.span.end({ status, error: status < 500 ? undefined : reason });
  }

  /** The head of the answer came. @param served the endpoint that it is from, where the proxy tells */
  answered(status: number, served: string | undefined): void {
    this.span.set({ 'http.response.status_code': status, 'llm_d.epp.served': served });
  }

  /** @param error why the answer is not whole */
  ended(status: number | undefined, tokens: AnswerTokens | undefined, error?: string): void {
    this.span.end({
      status,
      error,
      attributes: {
        'gen_ai.usage.input_tokens': tokens?.prompt,
        'gen_ai.usage.output_tokens': tokens?.completion,
      },
    });
  }
}

/** @returns undefined where requests are not traced */
export function requestTrace(
  tracing: Tracing,
  { headers }: TraceableRequest,
): RequestTrace | undefined {
  const rawHeaders: string[] = [];
  for (const name of CONTEXT) {
    const value = headers.get(name);
    if (value !== undefined) rawHeaders.push(name, value);
  }
  const span = tracing.startRequest({
    rawHeaders,
    name: 'gateway.request',
    method: headers.get(':method') ?? '',
    path: (headers.get(':path') ?? '').split('?', 1)[0]!,
  });
  return span && new RequestTrace(span);
}
