import { MessageKind, ProcessingRequest } from '../../../../src/ext-proc/processing-request.js';
import { continueWith } from '../../../../src/ext-proc/processing-response.js';
import { sendBody } from '../../../../src/ext-proc/request-body.js';

const METADATA = { 'envoy.lb': { 'x-gateway-destination-endpoint': '10.0.0.1:8000' } };
const HEADERS = { set: [['x-gateway-destination-endpoint', '10.0.0.1:8000']] as const };

/**
 * The least that a picker does with a stream in full duplex.
 *
 * @param send a message behind its frame, or the beginning of one and the rest of it
 * @returns takes each message
 */
export function answersTo(
  send: (frame: Buffer, bytes?: Buffer) => void,
): (message: Buffer) => void {
  const pieces: Buffer[] = [];
  return (bytes) => {
    const message = new ProcessingRequest(bytes);
    const { kind } = message;
    if (kind === MessageKind.responseHeaders) send(continueWith(kind));
    else if (kind === MessageKind.responseBody) {
      sendBody(kind, [message.body], message.endOfStream, send);
    } else if (kind === MessageKind.requestBody) {
      pieces.push(message.body);
      if (!message.endOfStream) return;
      send(continueWith(MessageKind.requestHeaders, { headers: HEADERS, metadata: METADATA }));
      sendBody(kind, pieces, true, send);
    }
  };
}
