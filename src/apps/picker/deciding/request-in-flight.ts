import { requestLoad } from '../../../scheduling/request-load.js';
import type { SchedulingResult } from '../../../scheduling/scheduling-result.js';
import { estimatedTokens } from '../../../scheduling/token-count.js';
import type { PickerEndpoint } from '../endpoint.js';
import type { PickedRequest } from './picked-request.js';

interface Share {
  readonly endpoint: PickerEndpoint;
  /** That are left of those that it counts. */
  tokens: number;
}

/** What endpoints count of a request: the one that answers until its end, those that prepare until the answer begins. */
export class RequestInFlight {
  private readonly answering: Share;
  private readonly preparing: Share[] = [];
  private readonly promptTokens: number;
  private hasPrefilled = false;

  constructor(request: PickedRequest, { endpoints: [first], profiles }: SchedulingResult) {
    const load = requestLoad(request);
    const usual = estimatedTokens(request.bytes);
    const now = performance.now();
    const begun = (endpoint: PickerEndpoint, tokens: number): Share => {
      endpoint.begun(tokens, now);
      return { endpoint, tokens };
    };
    this.promptTokens = load ? load.promptTokens(first) : usual;
    const answer = load?.outputTokens() ?? 0;
    this.answering = begun(first as PickerEndpoint, this.promptTokens + answer);
    if (profiles.size < 2) return;
    for (const [one] of profiles.values()) {
      if (!one || one === first) continue;
      this.preparing.push(begun(one as PickerEndpoint, load ? load.promptTokens(one) : usual));
    }
  }

  /** The answer begins: the prompt is dealt with. */
  prefilled(): void {
    if (this.hasPrefilled) return;
    this.hasPrefilled = true;
    for (const { endpoint, tokens } of this.preparing) endpoint.ended(tokens);
    this.preparing.length = 0;
    this.answering.endpoint.tokensDone(this.promptTokens);
    this.answering.tokens -= this.promptTokens;
  }

  /** Once. */
  ended(): void {
    this.prefilled();
    this.answering.endpoint.ended(this.answering.tokens);
  }
}
