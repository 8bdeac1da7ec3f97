import type { PromptTokens } from '../kv-events/prompt-tokens.js';

/** What a policy sees of an endpoint at the moment of choosing. */
export interface Candidate {
  /** Unique and stable: the endpoint's URL, followed by `@rank` where it has data-parallel ranks. */
  readonly id: string;
  /** Requests in flight from here, and what the endpoint says of others; 0 or more. */
  readonly load: number;
  /** Of two that are equal otherwise the cheaper one is taken. */
  readonly cost: number;
  /** When it was chosen last, in milliseconds of {@link PolicyTools.now}; `-Infinity` where it never was. */
  readonly lastChosen: number;
}

/** Characters of a text that policies look at: half a million tokens. */
export const MAX_TEXT = 2 ** 21;

/** What a policy sees of a request. */
export interface RequestFeatures {
  /**
   * What a KV cache would hold: the contents of the messages one after another, or the prompt; '' where there is none.
   * Texts are compared and counted, never read: any spelling will do that is the same for the same text.
   */
  readonly text: string;
  /** Requests of one session have the same; undefined where the request names none. */
  readonly sessionKey: string | undefined;
  /** Its prompt in tokens, set before the choice where a policy wants them and they could be had: see {@link Policy.wantsTokens}. */
  prompt?: PromptTokens | undefined;
  /** {@link Choice.scores} are wanted; they cost a little for each candidate. */
  readonly explain?: boolean;
}

/** An endpoint that was chosen, and why. */
export interface Choice {
  /** Index into the candidates. */
  readonly index: number;
  /** A word or two for people who ask why it went there: `prefix`, `least load`, `hash of session`. */
  readonly reason: string;
  /** One a candidate where scores are wanted and the policy weighed the candidates, as it weighed them; higher is better. */
  readonly scores?: readonly number[];
}

/** Time and chance are handed in: the same requests give the same choices again. */
export interface PolicyTools {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
}

/**
 * Which endpoint gets a request. Synchronous; what it remembers is bounded, and holds no text of requests.
 *
 * One instance serves one pool of one model.
 */
export interface Policy {
  /** It looks at {@link RequestFeatures.prompt}, which costs the question to a tokenizer. */
  readonly wantsTokens?: boolean;

  /**
   * @param candidates at least one, all usable, in the order of their registration, no id twice. An array that comes
   * again has the same members as before, and only their numbers may differ: policies know it by its identity, and
   * then look at no more members than they need to.
   */
  choose(candidates: readonly Candidate[], request: RequestFeatures): Choice;

  /**
   * The endpoint has left for good, or has emptied its cache: what was remembered of it goes. Being unhealthy for a
   * while is no leaving.
   */
  removed?(id: string): void;

  /** Characters of texts that are remembered, by endpoint. */
  sizes?(): ReadonlyMap<string, number>;

  /** A session has ended. */
  sessionEnded?(key: string): void;

  /** Called every now and then: what has not been used for long goes. */
  tidy?(): void;
}
