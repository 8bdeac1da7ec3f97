import type { GenerateApi } from '../openai/api.js';
import { findMember, type JsonObject } from '../openai/json-object.js';
import { spliceMembers, type BodySlices } from '../openai/json-splice.js';
import { messagesMemberOf } from '../openai/media-items.js';
import { limitToOneToken } from '../openai/prefill-edits.js';

const OPENING = Buffer.from('[{"role":"user","content":[');
const CLOSING = Buffer.from(']}]');
/** Stands for the messages, to be told from every other slice by its identity. */
const MESSAGES = Buffer.from('[]');

/**
 * Parameters of transfers, which are no encoder's business; what speaks of a last message that an encoder does not get
 * (vLLM refuses to continue one that has no text); and what makes a request of the responses API depend on others, or be
 * answered later.
 */
const LEFT_OUT = [
  'kv_transfer_params',
  'ec_transfer_params',
  'stream_options',
  'continue_final_message',
  'add_generation_prompt',
  'previous_response_id',
  'conversation',
  'background',
];

/**
 * Makes requests that have encoders compute the embedding of one item: the client's request, with that item for all of
 * its messages, of which one token is generated at once.
 *
 * @param body the client's; nothing of it is copied
 * @returns makes the body for an item, which is a content part in the client's spelling
 */
export function encodeBodies(api: GenerateApi, body: JsonObject): (item: Uint8Array) => BodySlices {
  const edits = limitToOneToken(api, body);
  // An older name beside it that the client did not send.
  if (!findMember(body, 'max_completion_tokens')) edits.delete('max_completion_tokens');
  for (const name of LEFT_OUT) edits.set(name, undefined);
  edits.set('stream', 'false');
  // An encoder has nothing of this prompt cached, and must not refuse it for that.
  if (findMember(body, 'cache_hit_threshold')) edits.set('cache_hit_threshold', '0');
  edits.set(messagesMemberOf(api)!, MESSAGES);
  const slices = spliceMembers(body, edits);
  return (item) =>
    slices.flatMap((slice) => (slice === MESSAGES ? [OPENING, item, CLOSING] : [slice]));
}
