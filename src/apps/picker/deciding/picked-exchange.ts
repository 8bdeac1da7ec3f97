import type { AnswerPlan, Exchange, ExchangeEnd, HeaderPair } from '../../../ext-proc/decider.js';
import type { HeaderMap } from '../../../ext-proc/header-map.js';
import type { ImmediateAnswer } from '../../../ext-proc/processing-response.js';
import type { RequestRecord } from '../../../metrics/request-record.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import type { PickerEndpoints } from '../endpoints.js';
import { decisionHeader } from '../seeing/decision-header.js';
import type { DecisionEntry } from '../seeing/decision-ring.js';
import { seenAnswer, type SeenAnswer } from '../seeing/seen-answer.js';
import { DECISION } from './control-headers.js';
import type { PickedRequest } from './picked-request.js';
import { RequestInFlight } from './request-in-flight.js';
import type { ToldPlugins } from './told-plugins.js';

/** What is told of requests that were decided. */
export interface ExchangeSinks {
  readonly endpoints: PickerEndpoints;
  readonly plugins: ToldPlugins;
  /** The last one told: nothing of the request counts any more. */
  readonly over: (
    request: PickedRequest,
    inputTokens: number | undefined,
    outputTokens: number | undefined,
  ) => void;
}

/** What is known of a request when it was decided. */
export interface DecidedRequest {
  readonly request: PickedRequest;
  readonly result: SchedulingResult;
  readonly record: RequestRecord;
  /** Where the decision is kept with its reasons; undefined unless they are wanted. */
  readonly entry: DecisionEntry | undefined;
}

/** A decided request until it ends: its endpoints count it, its plugins are told of it. */
export class PickedExchange implements Exchange {
  private readonly inFlight: RequestInFlight;
  private answer: SeenAnswer | undefined;
  private status = 0;

  constructor(
    private readonly decided: DecidedRequest,
    private readonly sinks: ExchangeSinks,
  ) {
    const { request, result } = decided;
    this.inFlight = new RequestInFlight(request, result);
    sinks.plugins.decided(request, result);
  }

  whenCut(cut: (answer: ImmediateAnswer) => void): void {
    this.decided.request.cut = cut;
  }

  answered(headers: HeaderMap, served: string | undefined): AnswerPlan {
    this.inFlight.prefilled();
    const { request, record, result } = this.decided;
    const status = (this.status = Number(headers.get(':status') ?? 0));
    record.answered(status);
    const isRewritten = request.model !== request.targetModel;
    this.answer = seenAnswer(headers, record, isRewritten ? request.model : undefined);
    request.trace?.answered(status, served ?? result.endpoints[0].id);
    const set = this.headersOfAnswer(served);
    // What is rewritten has another length.
    const remove = this.answer && !this.answer.keepsLength ? LENGTH : undefined;
    const change = { ...(set.length > 0 && { set }), ...(remove && { remove }) };
    return { headers: set.length > 0 || remove ? change : undefined, transform: this.answer };
  }

  ended(how: ExchangeEnd): void {
    const { request, result, record } = this.decided;
    this.inFlight.ended();
    request.cut = undefined;
    const isWhole = how === 'completed';
    const tokens = this.answer?.tokens;
    record.ended(performance.now(), isWhole, this.answer?.bytes ?? 0, tokens);
    const cause = how === 'cut-off' ? 'error' : how;
    this.sinks.plugins.ended(request, result, cause);
    request.trace?.ended(this.status || undefined, tokens, isWhole ? undefined : how);
    this.sinks.over(request, tokens?.prompt, tokens?.completion);
  }

  private headersOfAnswer(served: string | undefined): HeaderPair[] {
    const { request, result, entry } = this.decided;
    const { plugins, endpoints } = this.sinks;
    const known = served === undefined ? undefined : endpoints.find(served);
    const set = plugins.answerHeaders(request, result, known ?? result.endpoints[0]);
    if (entry) {
      entry.served = served ?? null;
      if (request.wantsReasons) set.push([DECISION, decisionHeader(entry.view)]);
    }
    return set;
  }
}

const LENGTH = ['content-length'] as const;
