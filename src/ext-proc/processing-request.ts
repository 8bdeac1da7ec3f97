import { HeaderMap } from './header-map.js';
import { readStruct, type StructValue } from './struct.js';
import { WireReader } from './wire-reader.js';

/** `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode`. */
export const BodyMode = {
  none: 0,
  streamed: 1,
  buffered: 2,
  bufferedPartial: 3,
  fullDuplex: 4,
  grpc: 5,
} as const;
export type BodyMode = (typeof BodyMode)[keyof typeof BodyMode];

/** What a message is about; the numbers are the fields of `ProcessingRequest`. */
export const MessageKind = {
  requestHeaders: 2,
  responseHeaders: 3,
  requestBody: 4,
  responseBody: 5,
  requestTrailers: 6,
  responseTrailers: 7,
} as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** How bodies come; said in the first message of a stream. */
export interface ProtocolConfig {
  readonly request: BodyMode;
  readonly response: BodyMode;
}

const NO_BYTES = Buffer.alloc(0);
/** What a proxy means that says nothing: the endpoint picker protocol asks for it. */
export const FULL_DUPLEX: ProtocolConfig = {
  request: BodyMode.fullDuplex,
  response: BodyMode.fullDuplex,
};

/**
 * A message from the proxy: `envoy.service.ext_proc.v3.ProcessingRequest`. Its bytes are views of what was received.
 *
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ext_proc/v3/external_processor.proto
 */
export class ProcessingRequest {
  /** Undefined for a message of a kind that is not known here. */
  kind: MessageKind | undefined;
  /** Nothing follows: neither body nor trailers. */
  endOfStream = false;
  body: Buffer = NO_BYTES;
  config: ProtocolConfig | undefined;
  /** The proxy wants no answers. */
  observes = false;
  private headerBytes: WireReader | undefined;
  private metadataBytes: WireReader | undefined;
  private attributeEntries: WireReader[] | undefined;

  /** Of all of it. */
  readonly size: number;

  /** @throws WireError for bytes that are no such message */
  constructor(bytes: Buffer) {
    this.size = bytes.length;
    const reader = new WireReader(bytes);
    while (reader.next()) {
      const { field } = reader;
      if (field >= MessageKind.requestHeaders && field <= MessageKind.responseTrailers) {
        this.kind = field as MessageKind;
        this.readPart(reader.message(), field as MessageKind);
      } else if (field === 8) this.metadataBytes = reader.message();
      else if (field === 9) (this.attributeEntries ??= []).push(reader.message());
      else if (field === 10) this.observes = reader.boolean();
      else if (field === 11) this.config = readConfig(reader.message());
    }
  }

  /** It is about the answer, not about the request. */
  get isOfAnswer(): boolean {
    const { kind } = this;
    return (
      kind === MessageKind.responseHeaders ||
      kind === MessageKind.responseBody ||
      kind === MessageKind.responseTrailers
    );
  }

  /** The headers of a message that has some. Read when it is asked for, once. */
  headers(): HeaderMap {
    return HeaderMap.read(this.headerBytes);
  }

  /** A value of the stream's dynamic metadata. Read when it is asked for. */
  metadata(namespace: string, key: string): StructValue | undefined {
    const map = this.metadataBytes?.again();
    while (map?.next()) {
      const found = map.field === 1 ? structOf(map.message(), namespace) : undefined;
      if (found) return found.get(key);
    }
    return undefined;
  }

  /** A value that `request_attributes` of the filter asks for. Read when it is asked for. */
  attribute(filter: string, key: string): StructValue | undefined {
    for (const entry of this.attributeEntries ?? []) {
      const found = structOf(entry.again(), filter);
      if (found) return found.get(key);
    }
    return undefined;
  }

  private readPart(part: WireReader, kind: MessageKind): void {
    const isBody = kind === MessageKind.requestBody || kind === MessageKind.responseBody;
    while (part.next()) {
      if (part.field === 1 && isBody) this.body = part.slice();
      else if (part.field === 1) this.headerBytes = part.message();
      else if (part.field === (isBody ? 2 : 3)) this.endOfStream = part.boolean();
    }
  }
}

/** @param entry of a `map<string, Struct>` @returns undefined where its key is another one */
function structOf(entry: WireReader, wanted: string): ReadonlyMap<string, StructValue> | undefined {
  let key = '';
  let struct: WireReader | undefined;
  while (entry.next()) {
    if (entry.field === 1) key = entry.text();
    else if (entry.field === 2) struct = entry.message();
  }
  if (key !== wanted) return undefined;
  return struct ? readStruct(struct) : new Map();
}

function readConfig(reader: WireReader): ProtocolConfig {
  let request: BodyMode = BodyMode.none;
  let response: BodyMode = BodyMode.none;
  while (reader.next()) {
    if (reader.field === 1) request = reader.number() as BodyMode;
    else if (reader.field === 2) response = reader.number() as BodyMode;
  }
  return { request, response };
}
