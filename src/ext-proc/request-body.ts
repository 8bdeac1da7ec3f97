import type { BodySlices } from '../openai/json-splice.js';
import type { MessageKind } from './processing-request.js';
import { streamedBody } from './processing-response.js';

/** Some proxies take no more than 64 KiB in a message: https://github.com/kubernetes-sigs/gateway-api-inference-extension/issues/2058 */
export const MOST_PIECE = 62_000;
const NOTHING = Buffer.alloc(0);

/**
 * Sends a body in pieces, as full duplex wants it.
 *
 * @param slices one after another
 * @param isEnd nothing follows, no trailers either; then at least one piece is sent
 * @param send gets each piece: its frame, and its bytes
 */
export function sendBody(
  kind: MessageKind,
  slices: BodySlices,
  isEnd: boolean,
  send: (frame: Buffer, bytes: Buffer) => void,
): void {
  let last: Buffer | undefined;
  for (const slice of slices) {
    for (let at = 0; at < slice.length; at += MOST_PIECE) {
      if (last) send(streamedBody(kind, last.length, false), last);
      last = viewOf(slice).subarray(at, at + MOST_PIECE);
    }
  }
  if (last) send(streamedBody(kind, last.length, isEnd), last);
  else if (isEnd) send(streamedBody(kind, 0, true), NOTHING);
}

function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
