import type { ImmediateAnswer } from '../../../ext-proc/processing-response.js';
import type { FlowRequest } from '../../../flow-control/admission.js';
import type { JsonObject } from '../../../openai/json-object.js';
import { promptText } from '../../../openai/prompt-text.js';
import type { PromptTokens } from '../../../kv-events/prompt-tokens.js';
import { MAX_TEXT } from '../../../policy/policy.js';
import type { InferenceRequest, RequestHeaders } from '../../../scheduling/inference-request.js';
import type { RequestTrace } from '../seeing/request-trace.js';

/** What the request says, and what was worked out of it. */
export type RequestFacts = Pick<
  PickedRequest,
  | 'id'
  | 'path'
  | 'headers'
  | 'body'
  | 'bytes'
  | 'model'
  | 'targetModel'
  | 'priority'
  | 'fairnessId'
  | 'sloTtftMs'
  | 'explain'
  | 'wantsReasons'
  | 'trace'
  | 'receivedAt'
> & {
  /** Lower case: the header that names sessions, for policies of the router. */
  readonly sessionHeader: string;
};

/** A request as plugins, policies and flow control see it; what few of them ask for is worked out when one does. */
export class PickedRequest implements InferenceRequest, FlowRequest {
  readonly id: string;
  readonly path: string;
  readonly headers: RequestHeaders;
  /** Until the request is decided. */
  body: JsonObject | undefined;
  readonly bytes: number;
  readonly model: string;
  readonly targetModel: string;
  readonly priority: number;
  readonly fairnessId: string;
  readonly sloTtftMs: number | undefined;
  readonly explain: boolean;
  /** The client wants the reasons of the decision. */
  readonly wantsReasons: boolean;
  readonly trace: RequestTrace | undefined;
  readonly receivedAt: number;
  /** Ends it for others, as long as it is under way. */
  cut: ((answer: ImmediateAnswer) => void) | undefined = undefined;
  readonly attributes = new Map<string, unknown>();
  prompt: PromptTokens | undefined = undefined;
  private readonly sessionHeader: string;
  private knownText: string | undefined;

  constructor(facts: RequestFacts) {
    this.id = facts.id;
    this.path = facts.path;
    this.headers = facts.headers;
    this.body = facts.body;
    this.bytes = facts.bytes;
    this.model = facts.model;
    this.targetModel = facts.targetModel;
    this.priority = facts.priority;
    this.fairnessId = facts.fairnessId;
    this.sloTtftMs = facts.sloTtftMs;
    this.explain = facts.explain;
    this.wantsReasons = facts.wantsReasons;
    this.trace = facts.trace;
    this.receivedAt = facts.receivedAt;
    this.sessionHeader = facts.sessionHeader;
  }

  /** It is decided, and may be under way for hours: what it holds of its body is let go. */
  release(): void {
    this.body = undefined;
    this.knownText = '';
    this.prompt = undefined;
  }

  get text(): string {
    return (this.knownText ??= this.body ? promptText(this.body, MAX_TEXT) : '');
  }

  get sessionKey(): string | undefined {
    const value = this.headers.get(this.sessionHeader);
    return value === '' ? undefined : value;
  }
}
