import type { Refusal } from '../../../ext-proc/decider.js';
import { errorBody } from '../../../openai/error-body.js';
import { DROP_REASON } from './control-headers.js';

/** vLLM's names of errors. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  404: 'NotFoundError',
  412: 'PreconditionFailedError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  503: 'ServiceUnavailableError',
};

/**
 * An answer in place of a model server's, as OpenAI's API has errors.
 *
 * @param message a sentence for the client that says the mend
 * @param reason of `x-llm-d-request-dropped-reason`; undefined for requests that are wrong
 * @param param the member of the body that it is about
 */
export function refusal(status: number, message: string, reason?: string, param?: string): Refusal {
  const body = errorBody(message, TYPES[status] ?? 'InternalServerError', status);
  const told = param === undefined ? body : { error: { ...body.error, param } };
  const type = ['content-type', 'application/json'] as const;
  return {
    kind: 'refusal',
    status,
    headers: reason === undefined ? [type] : [type, [DROP_REASON, reason]],
    body: JSON.stringify(told),
    details: `tandem_${reason ?? 'bad_request'}`,
  };
}
