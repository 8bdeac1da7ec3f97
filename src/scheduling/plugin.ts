import type { InferenceRequest } from './inference-request.js';
import type { ScheduledEndpoint } from './scheduled-endpoint.js';
import type { SchedulingResult } from './scheduling-result.js';

/** Endpoints in the order of their registration. */
export type Endpoints = readonly ScheduledEndpoint[];

/** Leaves out endpoints that may not, or should not, get the request. */
export interface Filter {
  /** @returns those that stay, in their order; the same array where all do */
  filter(request: InferenceRequest, endpoints: Endpoints): Endpoints;
  /** Where nothing is left it is because all are too busy: 429, not 503. */
  readonly saturates?: boolean;
}

/** Says how well endpoints suit a request. */
export interface Scorer {
  /** @param scores one an endpoint, to be filled with 0 to 1; what is beyond counts as the nearer of the two */
  score(request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void;
}

/** Takes the endpoints that get the request. */
export interface Picker {
  /**
   * @param endpoints at least one
   * @param totals one an endpoint, the sum of its scores by their weights
   * @returns at least one, the first choice first
   */
  pick(request: InferenceRequest, endpoints: Endpoints, totals: Float64Array): Endpoints;
}

/** What running a profile came to; undefined where its filters left nothing. */
export type ProfileOutcomes = ReadonlyMap<string, Endpoints | undefined>;

/** Says which profiles run, one after another, and what they come to. */
export interface ProfileHandler {
  /** @returns the profile to run next; undefined when enough have run */
  next(
    request: InferenceRequest,
    profiles: readonly string[],
    done: ProfileOutcomes,
  ): string | undefined;
  /** @returns name of the profile whose endpoints the proxy is told; undefined where there is none: the request fails */
  primary(profiles: readonly string[], done: ProfileOutcomes): string | undefined;
  /** @returns headers for the model server or its sidecar, name and value */
  headers?(
    request: InferenceRequest,
    done: ProfileOutcomes,
  ): readonly (readonly [string, string])[];
  /** @returns what the proxy is told for an endpoint of the primary profile, where that is not its id */
  destination?(endpoint: ScheduledEndpoint): string;
  /** @param profiles of the configuration @returns why it cannot work with these, in words; undefined where it can */
  mistakeIn?(profiles: readonly string[]): string | undefined;
  /** @returns what is wrong with a request that no profile may run for, for its client */
  refusal?(request: InferenceRequest, profiles: readonly string[]): string | undefined;
}

/** Adds to the head of a request after its endpoints are picked. */
export interface HeaderWriter {
  /**
   * @param primary name of the profile whose endpoints the proxy is told
   * @returns headers for the model server or its sidecar, name and value; they win over those of the handler
   */
  headers(
    request: InferenceRequest,
    done: ProfileOutcomes,
    primary: string,
  ): readonly (readonly [string, string])[];
}

/** Says whether the prefill (or the encoding) of a request is worth a server of its own. */
export interface Decider {
  /** @param endpoint that was picked to decode; undefined where that is done later */
  disaggregates(request: InferenceRequest, endpoint: ScheduledEndpoint | undefined): boolean;
}

/** Finds out what others need to know of a request, before the scheduling. */
export interface Producer {
  /** Leaves what it found in `request.attributes`. What it throws is logged, and the request goes on without. */
  produce(request: InferenceRequest, endpoints: Endpoints): void | Promise<void>;
  /** Milliseconds that a request waits for it at most; undefined: as long as for others. */
  readonly patience?: number | undefined;
}

/** Wants to know how it went on. Any plugin may have these. */
export interface LifecycleListener {
  /** In the turn of the decision. */
  decided?(request: InferenceRequest, result: SchedulingResult): void;
  /**
   * When the head of its answer comes.
   *
   * @param served whose answer it is: another one than the first choice where the proxy tried again
   * @returns headers that the client gets beside those of the model server, in place of any of the same name
   */
  answerHeaders?(
    request: InferenceRequest,
    result: SchedulingResult,
    served: ScheduledEndpoint,
  ): readonly (readonly [string, string])[];
  /** Once for each decided request, whatever became of it. @param cause `completed`, or why it did not */
  ended?(request: InferenceRequest, result: SchedulingResult, cause: EndCause): void;
  /** The endpoint may get requests; those that are there from the start are told of too. It may come more than once. */
  added?(endpoint: ScheduledEndpoint): void;
  /** The endpoint is gone for good. */
  removed?(endpoint: ScheduledEndpoint): void;
  /** Ends what runs by itself: timers, connections. */
  close?(): void;
}

export type EndCause = 'completed' | 'client-gone' | 'error';
