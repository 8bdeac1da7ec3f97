/** Just enough of HTTP/2 (RFC 9113) to send what no library would. */

export type Fields = readonly (readonly [name: string, value: string])[];

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0;
const HEADERS = 1;
export const RST_STREAM = 3;
const SETTINGS = 4;
export const GOAWAY = 7;
const END_STREAM = 1;
const END_HEADERS = 4;
const FRAME_HEAD = 9;
/** A literal field with a new name that no table ever holds (RFC 7541 §6.2.3). */
const NEVER_INDEXED = 0x10;

/** All that a client sends for one request on stream 1, text in latin1. */
export function http2Request(fields: Fields, body: string | undefined, trailers?: Fields): Buffer {
  const open = trailers === undefined ? END_STREAM : 0;
  const frames = [PREFACE, frame(SETTINGS, 0, 0, Buffer.alloc(0))];
  const flags = END_HEADERS | (body === undefined && trailers === undefined ? END_STREAM : 0);
  frames.push(frame(HEADERS, flags, 1, block(fields)));
  if (body !== undefined) frames.push(frame(DATA, open, 1, Buffer.from(body, 'latin1')));
  if (trailers !== undefined)
    frames.push(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(trailers)));
  return Buffer.concat(frames);
}

/** Types of the frames that came for stream 1 or the whole connection, in order. */
export function frameTypes(received: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at + FRAME_HEAD <= received.length;) {
    types.push(received[at + 3]!);
    at += FRAME_HEAD + received.readUIntBE(at, 3);
  }
  return types;
}

/** Whether the server has said its last word on stream 1. */
export function isOver(received: Buffer): boolean {
  for (let at = 0; at + FRAME_HEAD <= received.length;) {
    const type = received[at + 3]!;
    const ends = (type === DATA || type === HEADERS) && (received[at + 4]! & END_STREAM) !== 0;
    if (type === RST_STREAM || type === GOAWAY || ends) return true;
    at += FRAME_HEAD + received.readUIntBE(at, 3);
  }
  return false;
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function block(fields: Fields): Buffer {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.of(NEVER_INDEXED),
    text(name),
    text(value),
  ]);
  return Buffer.concat(parts);
}

/** A string without Huffman coding: its length as an integer with a prefix of 7 bits (RFC 7541 §5). */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const length: number[] = [];
  if (bytes.length < 127) length.push(bytes.length);
  else {
    length.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}
