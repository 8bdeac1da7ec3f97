import { MessageKind } from './processing-request.js';
import { writeStruct, type Struct } from './struct.js';
import { WireWriter } from './wire-writer.js';

/** Name and value. */
export type HeaderPair = readonly [string, string];

/** What becomes of headers: first some are removed, then some are set, in place of those of the same name. */
export interface HeaderChange {
  readonly set?: readonly HeaderPair[];
  /** One of few lists, each encoded once. */
  readonly remove?: readonly string[];
}

/** An answer in place of the server's. */
export interface ImmediateAnswer {
  readonly status: number;
  readonly headers: readonly HeaderPair[];
  readonly body: string | Buffer;
  /** For the proxy's access log. */
  readonly details: string;
}

/** Space that is left before each message for its length and flag: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md */
const FRAME = 5;
/** `HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD`. */
const OVERWRITE = 2;
/** One for all: a message is written in one turn. */
const writer = new WireWriter();

/** Fields of `ProcessingResponse`: the answer to the message of that kind. */
const ANSWER: Readonly<Record<MessageKind, number>> = {
  [MessageKind.requestHeaders]: 1,
  [MessageKind.responseHeaders]: 2,
  [MessageKind.requestBody]: 3,
  [MessageKind.responseBody]: 4,
  [MessageKind.requestTrailers]: 5,
  [MessageKind.responseTrailers]: 6,
};
const IMMEDIATE = 7;
/** `BodyResponse.response`, `CommonResponse.body_mutation`, `BodyMutation.streamed_response`. */
const RESPONSE = 1;
const BODY_MUTATION = 3;
const STREAMED = 3;
const DYNAMIC_METADATA = 8;

/** What goes on with headers, or with a body that was held back. */
export interface Continuation {
  readonly headers?: HeaderChange | undefined;
  /** In place of the whole body; only where the mode buffers it. */
  readonly body?: Buffer | undefined;
  /** By namespace. */
  readonly metadata?: Struct | undefined;
}

/**
 * Builders of `envoy.service.ext_proc.v3.ProcessingResponse`, each framed as a gRPC message and ready to be written.
 */
export function continueWith(
  kind: MessageKind,
  { headers, body, metadata }: Continuation = {},
): Buffer {
  if (metadata) writeMetadata(metadata);
  const answer = writer.mark();
  if (headers ?? body) {
    const common = writer.mark();
    if (body) {
      const mutation = writer.mark();
      writer.buffer(1, body);
      writer.wrap(3, mutation);
    }
    if (headers) writeHeaders(headers, 2);
    writer.wrap(1, common);
  }
  writer.wrap(ANSWER[kind], answer);
  return framed();
}

/** Answers trailers, which stay as they are. @param metadata by namespace */
export function continueTrailers(kind: MessageKind, metadata?: Struct): Buffer {
  if (metadata) writeMetadata(metadata);
  writer.empty(ANSWER[kind]);
  return framed();
}

/**
 * A piece of a body in full duplex, without its bytes, which are to be written right behind it.
 *
 * @param length of these bytes
 */
export function streamedBody(kind: MessageKind, length: number, endOfStream: boolean): Buffer {
  const start = writer.mark();
  // The bytes are the last field, so that they need not be copied.
  if (length > 0) writer.wrap(1, start, length);
  writer.boolean(2, endOfStream);
  for (const field of [STREAMED, BODY_MUTATION, RESPONSE, ANSWER[kind]])
    writer.wrap(field, start, length);
  return framed(length);
}

/** `ImmediateResponse`: the proxy answers the client itself. */
export function immediate({ status, headers, body, details }: ImmediateAnswer): Buffer {
  const answer = writer.mark();
  writer.text(5, details);
  if (typeof body === 'string') writer.text(3, body);
  else writer.buffer(3, body);
  writeHeaders({ set: headers }, 2);
  const code = writer.mark();
  writer.number(1, status);
  writer.wrap(1, code);
  writer.wrap(IMMEDIATE, answer);
  return framed();
}

/** `HeaderMutation`. Values go into `raw_value`, and overwrite. */
function writeHeaders({ set = [], remove = [] }: HeaderChange, field: number): void {
  const mutation = writer.mark();
  if (remove.length > 0) writer.encoded(removals(remove));
  for (let i = set.length; i-- > 0;) {
    const [name, value] = set[i]!;
    const option = writer.mark();
    writer.number(3, OVERWRITE);
    const header = writer.mark();
    writer.text(3, value);
    writer.text(1, name);
    writer.wrap(1, header);
    writer.wrap(1, option);
  }
  writer.wrap(field, mutation);
}

const encodedRemovals = new WeakMap<readonly string[], Buffer>();

/** `remove_headers` of all names. */
function removals(names: readonly string[]): Buffer {
  let bytes = encodedRemovals.get(names);
  if (!bytes) {
    const list = new WireWriter();
    for (const name of names.toReversed()) list.text(2, name);
    bytes = list.finish();
    encodedRemovals.set(names, bytes);
  }
  return bytes;
}

function writeMetadata(metadata: Struct): void {
  const mark = writer.mark();
  for (const [namespace, fields] of Object.entries(metadata)) {
    const entry = writer.mark();
    const value = writer.mark();
    const struct = writer.mark();
    writeStruct(writer, fields as Struct);
    writer.wrap(5, struct);
    writer.wrap(2, value);
    writer.text(1, namespace);
    writer.wrap(1, entry);
  }
  writer.wrap(DYNAMIC_METADATA, mark);
}

/** @param more bytes of the message that stand behind what is written here */
function framed(more = 0): Buffer {
  const bytes = writer.finish(FRAME);
  bytes[0] = 0;
  bytes.writeUInt32BE(bytes.length - FRAME + more, 1);
  return bytes;
}
