import type { Target } from '../endpoint/target.js';
import type { ProxyError } from '../errors/proxy.error.js';
import type { GenerateApi } from '../openai/api.js';
import type { JsonObject } from '../openai/json-object.js';
import type { BufferedAnswer, DecodeLeg, Leg } from '../proxy/exchange.js';

/** An engine of which more is known than where it is. */
export interface EngineTarget extends Target {
  /** `host:port` of its ZeroMQ socket, by which engines of vLLM's P2pNcclConnector know each other. */
  readonly zmqAddress?: string | undefined;
}

/** Whom a prefill is asked of. */
export interface PrefillTarget extends EngineTarget {
  /** Of its bootstrap server, where it has a port of its own. */
  readonly bootstrapPort?: number | undefined;
}

/** A request that is to be disaggregated. */
export interface ConnectorRequest {
  readonly api: GenerateApi;
  /** The client's body; legs are made of slices of its bytes. */
  readonly body: JsonObject;
  /** The `x-request-id` of all legs. */
  readonly requestId: string;
  /** It was made here, so that no other request has it. */
  readonly isOwnId: boolean;
  /** The decoder, where each request has its own ({@link Connector.namesDecoder}); undefined where it is the one beside. */
  readonly decoder?: EngineTarget | undefined;
  /** Where cached KV may be pulled from, for a connector that {@link Connector.pulls}. */
  readonly kvSource?: Target | undefined;
}

/** What a prefiller's answer makes of the decode leg. */
export interface DecodeStep {
  readonly leg: DecodeLeg;
  /** The answer held no parameters of a KV transfer: the decoder computes the prompt itself. */
  readonly withoutKvParams: boolean;
  /** Which members those are, where they are not `kv_transfer_params`. */
  readonly missing?: string;
}

/**
 * Which decoders find what a prefill left: `stored`: every one, any number of times; `for-one`: the one that the prefill
 * was told of.
 */
export type KvPlace = 'stored' | 'for-one';

/** First the prefill, then, with its answer, the decode. */
export interface SerialPlan {
  readonly dispatch: 'serial';
  /** The same for every prefiller, or made for the one that an attempt asks. */
  readonly prefill: Leg | ((prefiller: PrefillTarget) => Leg);
  /** Whether {@link decode} reads the answer; else only its status matters. */
  readonly readsAnswer: boolean;
  /** Left out: a decode that was not delivered may go to another decoder. */
  readonly kv?: KvPlace;
  /**
   * @param answer the prefiller's answer, when the plan reads it
   * @param prefiller the one that gave it
   */
  decode(answer: JsonObject | undefined, prefiller: Target): DecodeStep;
}

/** Two legs that are under way at once, and find each other. */
export interface LegPair {
  readonly prefill: Leg;
  readonly decode: DecodeLeg;
}

/** Prefill and decode side by side: the engines wait for each other. Of the prefill the status matters, and what {@link inVain} makes of it. */
export interface ConcurrentPlan {
  readonly dispatch: 'concurrent';
  /** Set where the client gets nothing of the decode before the prefill is done: `LegBeside.holds`. */
  readonly holdsAnswer?: number;
  /**
   * Called for each attempt anew: what names a pair is never used for another one.
   *
   * @throws (or rejects with) ProxyError when there can be none: a failed attempt, with the remedy of its row
   */
  pair(prefiller: PrefillTarget): LegPair | Promise<LegPair>;
  /**
   * Looks at a prefill's answer of 2xx.
   *
   * @returns what the client gets, and the decode is ended, where that waits in vain: an answer or an error
   */
  inVain?(answer: BufferedAnswer): BufferedAnswer | ProxyError | undefined;
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

/**
 * How a KV-transfer protocol turns one request into a prefill and a decode.
 *
 * A connector only makes bodies; sending them, and what happens when a leg fails, is the same for
 * all. It edits nothing but the members that its protocol names.
 */
export abstract class Connector {
  /** Fields for the prefill leg's head that are the same for all requests, lower-case name to value. */
  abstract readonly prefillHeaders: Readonly<Record<string, string>>;

  /** Names in lower case of the fields that its legs may carry ({@link Leg.fields}); a client's own never pass. */
  readonly ownFields: readonly string[] = [];

  /** Whether it makes use of {@link ConnectorRequest.kvSource}. */
  readonly pulls: boolean = false;

  /** Whether a prefill is told where the decode will be: {@link ConnectorRequest.decoder}. */
  readonly namesDecoder: boolean = false;

  /** Whether it reads a client's `cache_hit_threshold`, and sets it where an engine must not refuse. */
  readonly mindsThreshold: boolean = false;

  abstract plan(request: ConnectorRequest): DispatchPlan;

  /**
   * A request without a prefiller, but with a source to pull from, which is another pod.
   *
   * @returns undefined: the body goes to the decoder as the client sent it
   */
  decodeOnly?(request: ConnectorRequest): DecodeLeg | undefined;

  /** Before the first request. @throws ConfigError when it cannot be used */
  start?(): Promise<void>;

  /** After the last one. */
  stop?(): void;
}
