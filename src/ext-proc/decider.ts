import type { BodySlices } from '../openai/json-splice.js';
import type { PayloadTransform } from '../openai/payload-transform.js';
import type { ProxyError } from '../errors/proxy.error.js';
import type { HeaderMap } from './header-map.js';
import type { HeaderChange, HeaderPair, ImmediateAnswer } from './processing-response.js';
import type { Struct } from './struct.js';

/** A request as far as the proxy shows it when the decision is due. */
export interface ProxiedRequest {
  readonly headers: HeaderMap;
  /**
   * Undefined where there is none, or the body mode does not show it in time. Its memory is used again after a verdict
   * that was given at once and the route's body: nobody reads it then.
   */
  readonly body: Buffer | undefined;
  /** {@link body} may be the beginning of one that was too long for the proxy to hold. */
  readonly mayBeCut: boolean;
  /** It has a body, seen or not. */
  readonly hasBody: boolean;
  /** The endpoints that it may go to, as `ip:port`; undefined: all. */
  readonly subset: readonly string[] | undefined;
  /** Name of the proxy's route, where it tells it. */
  readonly routeName: string | undefined;
  /** `performance.now()` when the stream began. */
  readonly arrivedAt: number;
  /** The client has left meanwhile: a decision is of no use any more. */
  readonly isGone: boolean;
  /** Called when the client leaves before the decision. */
  whenGone(callback: () => void): void;
}

/** Where a request goes. */
export interface Route {
  readonly kind: 'route';
  readonly headers: HeaderChange;
  /** Dynamic metadata by namespace. */
  readonly metadata: Struct;
  /** Another body than the client's; undefined: that one, byte for byte. */
  readonly body?: BodySlices | undefined;
  /** Is told how it goes on. */
  readonly exchange: Exchange;
}

/** It goes nowhere. */
export interface Refusal extends ImmediateAnswer {
  readonly kind: 'refusal';
}

export type Verdict = Route | Refusal;

/** What an answer becomes on its way to the client. */
export interface AnswerPlan {
  readonly headers: HeaderChange | undefined;
  /** Sees every byte of the body; undefined where nobody needs to. */
  readonly transform: PayloadTransform | undefined;
}

export type ExchangeEnd = 'completed' | 'client-gone' | 'cut-off';

/** A request on its way, after the decision. */
export interface Exchange {
  /** The head of the answer is there. @param served the endpoint that the proxy says it is from, where it does */
  answered(headers: HeaderMap, served: string | undefined): AnswerPlan;
  /** Exactly once, whatever became of it. */
  ended(how: ExchangeEnd): void;
  /** Called once, by the session: whoever calls `cut` ends the request with that answer, if none has begun yet. */
  whenCut?(cut: (answer: ImmediateAnswer) => void): void;
}

/** Decides where requests go. Must not throw and must not reject: what goes wrong is a refusal. */
export interface Decider {
  /** Headers, in lower case, that no model server sees whatever is decided. */
  readonly removedHeaders: readonly string[];
  decide(request: ProxiedRequest): Verdict | Promise<Verdict>;
  /** There is no room for the body of a request. @returns what its client is told */
  refusalOf(error: ProxyError): Refusal;
}

export type { HeaderPair };
