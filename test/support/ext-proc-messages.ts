import { bytes, messages, readFields, type Fields } from './protobuf-reader.js';
import { readStruct, writeStruct, type StructRecord } from './protobuf-struct.js';
import { field, message } from './protobuf-writer.js';

/** `ProcessingMode.BodySendMode`, in the order of its numbers. */
export const BODY_MODES = [
  'NONE',
  'STREAMED',
  'BUFFERED',
  'BUFFERED_PARTIAL',
  'FULL_DUPLEX_STREAMED',
  'GRPC',
] as const;
export type BodyMode = (typeof BODY_MODES)[number];

/** Header lines, name and value, as they came. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** What Envoy says: one member of the first six, and what may stand beside it. */
export interface ProcessingRequest {
  readonly request_headers?: HeadersMessage;
  readonly response_headers?: HeadersMessage;
  readonly request_body?: BodyMessage;
  readonly response_body?: BodyMessage;
  readonly request_trailers?: HeaderLines;
  readonly response_trailers?: HeaderLines;
  /** `metadata_context.filter_metadata`, by namespace. */
  readonly metadata?: Readonly<Record<string, StructRecord>>;
  /** By filter, as `envoy.filters.http.ext_proc`. */
  readonly attributes?: Readonly<Record<string, StructRecord>>;
  readonly protocol_config?: { readonly request: BodyMode; readonly response: BodyMode };
}

export interface HeadersMessage {
  readonly headers: HeaderLines;
  readonly end_of_stream?: boolean;
  /** Values in `value`, as Envoy wrote them before 1.31, rather than in `raw_value`. */
  readonly text?: boolean;
}

export interface BodyMessage {
  readonly body: Buffer | string;
  readonly end_of_stream?: boolean;
}

/** In the order of their numbers: 2 to 7 in what Envoy says, 1 to 6 in the answer. */
const PHASES = [
  'request_headers',
  'response_headers',
  'request_body',
  'response_body',
  'request_trailers',
  'response_trailers',
] as const;
export type Phase = (typeof PHASES)[number];

/** A header that is set; `action` is `HeaderAppendAction`. */
export interface SetHeader {
  readonly name: string;
  readonly value: string;
  readonly action: number;
}

/** What the service answers. */
export interface ProcessingResponse {
  readonly kind: Phase | 'immediate_response' | 'nothing';
  readonly setHeaders: readonly SetHeader[];
  readonly removeHeaders: readonly string[];
  /** `CommonResponse.status`: 0 continue, 1 continue and replace. */
  readonly status: number;
  /** `body_mutation.body`. */
  readonly body: Buffer | undefined;
  readonly clearBody: boolean;
  /** `body_mutation.streamed_response`. */
  readonly streamed: { readonly body: Buffer; readonly end_of_stream: boolean } | undefined;
  readonly clearRouteCache: boolean;
  readonly immediate: ImmediateResponse | undefined;
  readonly dynamicMetadata: StructRecord;
  readonly requestDrain: boolean;
}

export interface ImmediateResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly details: string;
}

/** @returns `envoy.service.ext_proc.v3.ProcessingRequest` */
export function writeRequest(request: ProcessingRequest): Buffer {
  const { metadata, attributes, protocol_config: modes } = request;
  const mode = (name: BodyMode): number => BODY_MODES.indexOf(name);
  return message(
    field(2, request.request_headers && writeHeaders(request.request_headers)),
    field(3, request.response_headers && writeHeaders(request.response_headers)),
    field(4, request.request_body && writeBody(request.request_body)),
    field(5, request.response_body && writeBody(request.response_body)),
    field(6, request.request_trailers && field(1, headerMap(request.request_trailers))),
    field(7, request.response_trailers && field(1, headerMap(request.response_trailers))),
    field(8, metadata && structMap(metadata)),
    ...(attributes ? structEntries(attributes).map((entry) => field(9, entry)) : []),
    field(11, modes && message(field(1, mode(modes.request)), field(2, mode(modes.response)))),
  );
}

/** @param wire `envoy.service.ext_proc.v3.ProcessingResponse` */
export function readResponse(wire: Buffer): ProcessingResponse {
  const fields = readFields(wire);
  const number = [1, 2, 3, 4, 5, 6].find((candidate) => fields.has(candidate));
  const phase = number === undefined ? undefined : PHASES[number - 1];
  const answer = number === undefined ? NONE : messages(fields, number)[0]!;
  const isTrailers = number === 5 || number === 6;
  const common = isTrailers ? NONE : (messages(answer, 1)[0] ?? NONE);
  const mutation = (isTrailers ? messages(answer, 1)[0] : messages(common, 2)[0]) ?? NONE;
  const body = messages(common, 3)[0] ?? NONE;
  const streamed = messages(body, 3)[0];
  return {
    kind: phase ?? (fields.has(7) ? 'immediate_response' : 'nothing'),
    setHeaders: setHeaders(mutation),
    removeHeaders: (mutation.get(2) ?? []).map((name) => name.toString()),
    status: Number(common.get(1)?.[0] ?? 0),
    body: body.has(1) ? bytes(body, 1) : undefined,
    clearBody: body.get(2)?.[0] === 1n,
    streamed: streamed && { body: bytes(streamed, 1), end_of_stream: streamed.get(2)?.[0] === 1n },
    clearRouteCache: common.get(5)?.[0] === 1n,
    immediate: fields.has(7) ? readImmediate(messages(fields, 7)[0]!) : undefined,
    dynamicMetadata: fields.has(8) ? readStruct(bytes(fields, 8)) : {},
    requestDrain: fields.get(12)?.[0] === 1n,
  };
}

const NONE: Fields = new Map();

function writeHeaders({ headers, end_of_stream, text }: HeadersMessage): Buffer {
  return message(field(1, headerMap(headers, text)), field(3, end_of_stream));
}

function writeBody({ body, end_of_stream }: BodyMessage): Buffer {
  return message(field(1, body), field(2, end_of_stream));
}

function headerMap(headers: HeaderLines, text = false): Buffer {
  const lines = headers.map(([name, value]) =>
    field(1, message(field(1, name), field(text ? 2 : 3, value))),
  );
  return message(...lines);
}

function structMap(records: Readonly<Record<string, StructRecord>>): Buffer {
  return message(...structEntries(records).map((entry) => field(1, entry)));
}

function structEntries(records: Readonly<Record<string, StructRecord>>): Buffer[] {
  return Object.entries(records).map(([key, record]) =>
    message(field(1, key), field(2, writeStruct(record))),
  );
}

function setHeaders(mutation: Fields): SetHeader[] {
  return messages(mutation, 1).map((option) => {
    const header = messages(option, 1)[0] ?? NONE;
    const value = header.has(3) ? bytes(header, 3) : bytes(header, 2);
    const name = bytes(header, 1).toString();
    return { name, value: value.toString(), action: Number(option.get(3)?.[0] ?? 0) };
  });
}

function readImmediate(immediate: Fields): ImmediateResponse {
  const mutation = messages(immediate, 2)[0] ?? NONE;
  const lines = setHeaders(mutation).map(({ name, value }) => [name.toLowerCase(), value] as const);
  return {
    status: Number(messages(immediate, 1)[0]?.get(1)?.[0] ?? 0),
    headers: Object.fromEntries(lines),
    body: bytes(immediate, 3),
    details: bytes(immediate, 5).toString(),
  };
}
