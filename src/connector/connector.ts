import type { ConnectorName } from '../config/connector-names.js';
import type { Target } from '../endpoint/target.js';
import type { GenerateApi } from '../openai/api.js';
import type { JsonObject } from '../openai/json-object.js';
import type { BodySlices } from '../openai/json-splice.js';
import type { DecodeLeg } from '../proxy/exchange.js';

/** A request that is to be disaggregated. */
export interface ConnectorRequest {
  readonly api: GenerateApi;
  /** The client's body; legs are made of slices of its bytes. */
  readonly body: JsonObject;
}

/** What a prefiller's answer makes of the decode leg. */
export interface DecodeStep {
  readonly leg: DecodeLeg;
  /** The answer held no parameters of a KV transfer: the decoder computes the prompt itself. */
  readonly withoutKvParams: boolean;
}

/** First the prefill, then, with its answer, the decode. */
export interface SerialPlan {
  readonly dispatch: 'serial';
  readonly prefill: BodySlices;
  /** Whether {@link decode} reads the answer; else only its status matters. */
  readonly readsAnswer: boolean;
  /** @param answer the prefiller's answer, when the plan reads it */
  decode(answer: JsonObject | undefined): DecodeStep;
}

/** Two legs that are under way at once, and find each other. */
export interface LegPair {
  readonly prefill: BodySlices;
  readonly decode: DecodeLeg;
}

/** Prefill and decode side by side: the engines wait for each other. Of the prefill only the status matters. */
export interface ConcurrentPlan {
  readonly dispatch: 'concurrent';
  /** Called for each attempt anew: what names a pair is never used for another one. */
  pair(prefiller: Target): LegPair;
}

/** First a decode that may do without a prefill. */
export interface DecodeFirstPlan {
  readonly dispatch: 'decode-first';
  /** Its transform tells the answer that is a refusal (`PayloadTransform.refused`). */
  readonly first: DecodeLeg;
  /** What follows a refusal. */
  otherwise(): SerialPlan;
}

/** How one request is served. */
export type DispatchPlan = SerialPlan | ConcurrentPlan | DecodeFirstPlan;

/** What connectors are told of the configuration. */
export interface ConnectorSettings {
  /** The port of the bootstrap server in SGLang's prefillers. */
  readonly sglangBootstrapPort: number;
}

/**
 * How a KV-transfer protocol turns one request into a prefill and a decode.
 *
 * A connector only makes bodies; sending them, and what happens when a leg fails, is the same for
 * all. It is stateless and edits nothing but the members that its protocol names.
 */
export abstract class Connector {
  /** Value of `--kv-connector` and of `x-connector-protocol`. */
  abstract readonly name: ConnectorName;

  /** Fields for the prefill leg's head, lower-case name to value. */
  abstract readonly prefillHeaders: Readonly<Record<string, string>>;

  /** What to use instead, for a protocol that is on its way out. */
  readonly replacedBy: ConnectorName | undefined = undefined;

  abstract plan(request: ConnectorRequest): DispatchPlan;
}
