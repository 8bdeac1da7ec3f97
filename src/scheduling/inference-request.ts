import type { JsonObject } from '../openai/json-object.js';
import type { RequestFeatures } from '../policy/policy.js';
import type { SchedulingTrace } from './scheduling-trace.js';

/** Headers of a request, names in lower case. */
export interface RequestHeaders {
  /** @returns its value, those of several lines joined by a comma; undefined where there is none */
  get(name: string): string | undefined;
}

/** What plugins see of a request. One object a request; producers leave in `attributes` what they found out. */
export interface InferenceRequest extends RequestFeatures {
  /** Value of `x-request-id`. */
  readonly id: string;
  /** Without its query. */
  readonly path: string;
  readonly headers: RequestHeaders;
  /** Its top level, where the path has a parser; undefined for others and for requests without a body. */
  readonly body: JsonObject | undefined;
  /** Length of the body. */
  readonly bytes: number;
  /** The model that the client named; '' where the request names none. */
  readonly model: string;
  /** The model that the server is asked for: another one where it was rewritten. */
  readonly targetModel: string;
  /** Larger is served first; below 0 it may be shed. */
  readonly priority: number;
  /** Whose request it is, as far as fairness goes. */
  readonly fairnessId: string;
  /** When its last byte came: `performance.now()`. */
  readonly receivedAt: number;
  /** What producers have found out, by the name of the plugin that did. */
  readonly attributes: Map<string, unknown>;
  /** The reasons of the decision are wanted; plugins need not heed it, the scheduler notes what they did. */
  readonly explain: boolean;
  /** Is told of the steps of the decision; undefined unless the request is traced. */
  readonly trace?: SchedulingTrace | undefined;
}
