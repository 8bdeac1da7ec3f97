import { describe, expect, it } from '@jest/globals';
import {
  continueTrailers,
  continueWith,
  immediate,
  streamedBody,
} from '../../../../src/ext-proc/processing-response.js';
import { MessageKind } from '../../../../src/ext-proc/processing-request.js';
import { field, message } from '../../../support/protobuf-writer.js';
import { type Answer, AnswerReader } from './answers.js';

function piece(kind: MessageKind, bytes: Buffer, isEnd: boolean): Buffer {
  return Buffer.concat([streamedBody(kind, bytes.length, isEnd), bytes]);
}

/** With the fields in the order of their numbers, as others write them. */
function otherPiece(bytes: Buffer, isEnd: boolean): Buffer {
  const streamed = message(field(1, bytes), field(2, isEnd));
  const body = field(3, field(1, field(3, field(3, streamed))));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

const BYTES = Buffer.alloc(70_000, 0x10);
const { requestHeaders, requestBody, responseHeaders, responseBody, requestTrailers } = MessageKind;
const METADATA = { 'envoy.lb': { 'x-gateway-destination-endpoint': '10.0.0.1:80' } };
const REFUSAL = { status: 503, headers: [], body: '{}', details: 'nobody' };
const CONVERSATION: readonly (readonly [Buffer, Answer])[] = [
  [continueWith(requestHeaders, { headers: { set: [['a', 'b']] }, metadata: METADATA }), 1],
  [piece(requestBody, BYTES, false), 0],
  [piece(requestBody, BYTES, true), 2],
  [otherPiece(BYTES, false), 0],
  [otherPiece(BYTES, true), 2],
  [piece(requestBody, Buffer.alloc(0), true), 2],
  [continueTrailers(requestTrailers), 0],
  [continueWith(responseHeaders), 3],
  [piece(responseBody, Buffer.from('so'), false), 0],
  [piece(responseBody, Buffer.from('so'), true), 4],
  [immediate(REFUSAL), 5],
];

describe(AnswerReader.name, () => {
  it.each([1, 4, 5, 6, 1000, 16_384, 1_000_000])('knows answers in pieces of %i bytes', (size) => {
    const wire = Buffer.concat(CONVERSATION.map(([bytes]) => bytes));
    const told: Answer[] = [];
    const reader = new AnswerReader((answer) => told.push(answer));
    for (let at = 0; at < wire.length; at += size) reader.push(wire.subarray(at, at + size));
    expect(told).toEqual(CONVERSATION.map(([, answer]) => answer));
  });
});
