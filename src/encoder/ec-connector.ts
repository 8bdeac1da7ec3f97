import type { JsonObject } from '../openai/json-object.js';
import type { MemberEdit } from '../openai/json-splice.js';

/** What encoders' answers mean for the engines that follow. */
export interface EncodedItems {
  /** Edits of the request. */
  readonly edits: ReadonlyMap<string, MemberEdit>;
  /** Positions of answers that told nothing: an engine may have to encode those items itself. */
  readonly silent: readonly number[];
}

/** How embeddings get from encoders to the engines that compute the prompt (vLLM calls it EC, encoder cache). */
export interface EcConnector {
  /** Value of `--ec-connector`. */
  readonly name: string;
  /** Whether an answer must be a JSON object, which {@link read} looks into; else its status is all that matters. */
  readonly readsAnswers: boolean;
  /** @param answers of all items in their order; none where the protocol does not read them */
  read(answers: readonly JsonObject[]): EncodedItems;
}
