import type { RequestFeatures } from '../../../policy/policy.js';
import type { BodySlices } from '../../../openai/json-splice.js';
import type { JsonObject } from '../../../openai/json-object.js';
import type { RequestBody } from '../../../proxy/request-body.js';
import type { Pins } from './pins.js';

/** A request that is to be answered by a worker. */
export interface RoutedRequest {
  readonly features: RequestFeatures;
  readonly body: RequestBody;
  /** Of a body in memory, in bytes; undefined where it is streamed as it comes, or there is none. */
  readonly length: number | undefined;
  /** Its top level, where it is a JSON object; with the model's own name in place of an alias. */
  readonly json: JsonObject | undefined;
  /** It can be sent again: its body is in memory, or it has none. */
  readonly repeatable: boolean;
  /** The model that it names, after aliases. */
  readonly model: string | undefined;
  readonly pins: Pins | undefined;
}

/** A body in memory and what is known of it. */
export interface ReadBody {
  readonly slices: BodySlices;
  readonly json: JsonObject | undefined;
  readonly model: string | undefined;
}
