import type { JsonObject } from '../../openai/json-object.js';

/** What vLLM's MoRIIOConnector looks for in the id of a request, and believes before all parameters. */
const ADDRESS = /___(?:prefill|decode)_addr_/;

/**
 * Whether the id of a request names an engine, to which both engines would then send KV or notices, whatever
 * `kv_transfer_params` says. vLLM takes its id from `x-request-id`, and of responses from the body's `request_id`.
 *
 * @param requestId the `x-request-id` of all legs
 */
export function namesEngine(requestId: string, body: JsonObject): boolean {
  if (ADDRESS.test(requestId)) return true;
  return body.members.some(
    ({ name, valueStart, valueEnd }) =>
      name === 'request_id' &&
      ADDRESS.test(unescaped(body.bytes.toString('utf8', valueStart, valueEnd))),
  );
}

/** The letters that the pattern is of may stand in a JSON text as `\u005f`. */
function unescaped(json: string): string {
  return json.replace(/\\u00([2-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
