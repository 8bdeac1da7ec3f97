import { contentTypeOf } from '../proxy/content-type.js';
import { errorIn } from '../openai/stream-error.js';
import { ProxyError } from '../errors/proxy.error.js';
import { JsonSyntaxError, readJsonObject, type JsonObject } from '../openai/json-object.js';
import type { BufferedAnswer } from '../proxy/exchange.js';
import { isSuccess } from '../proxy/is-success.js';
import type { AttemptOutcome } from '../resilience/circuit-breaker.js';
import {
  failureBy,
  failureOfStatus,
  isBackPressure,
  type PrefillFailure,
} from './prefill-failure.js';

const SERVER_ERROR = 500;

interface ReadAnswer {
  readonly result: { answer: BufferedAnswer; json?: JsonObject } | PrefillFailure;
  /** For the prefiller's circuit breaker. */
  readonly outcome: AttemptOutcome;
}

/**
 * What a prefiller's whole answer means: below 500 it did its part, whatever it said; a 2xx must be a JSON object
 * where the connector reads it, and a stream where it does not must not tell of an error.
 */
export function readPrefillAnswer(
  answer: BufferedAnswer,
  { readsAnswer }: { readonly readsAnswer: boolean },
  retryOn5xx: boolean,
): ReadAnswer {
  if (answer.head.statusCode >= SERVER_ERROR) {
    const result = retryOn5xx ? failureOfStatus(answer) : { answer };
    return { result, outcome: isBackPressure(answer.head) ? 'abandoned' : 'failure' };
  }
  if (!isSuccess(answer.head)) return { result: { answer }, outcome: 'success' };
  if (!readsAnswer) return readStatus(answer);
  try {
    return { result: { answer, json: readJsonObject(answer.body) }, outcome: 'success' };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const detail = `${error.message} at byte ${error.offset}`;
    const failure = new ProxyError('prefill_answer_invalid', detail, { cause: error });
    return { result: failureBy(failure), outcome: 'failure' };
  }
}

/** A prefill that streams, as its client asked for, may have begun its answer before it failed. */
function readStatus(answer: BufferedAnswer): ReadAnswer {
  const isStream = contentTypeOf(answer.head)?.toLowerCase().startsWith('text/event-stream');
  const error = isStream ? errorIn(answer.body) : undefined;
  if (!error) return { result: { answer }, outcome: 'success' };
  return {
    result: failureOfStatus({ head: answer.head, body: error }, 'an error within a stream'),
    outcome: 'failure',
  };
}
