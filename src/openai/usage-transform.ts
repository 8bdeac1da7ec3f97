import type { GenerateApi } from './api.js';
import { HeldBytes } from './held-bytes.js';
import { findMember, JsonSyntaxError, readJsonObject, type JsonObject } from './json-object.js';
import { spliceMembers, type MemberEdit } from './json-splice.js';
import { mediaTypeOf } from './media-type.js';
import type { PayloadTransform } from './payload-transform.js';
import { cachedTokensEdits } from './usage.js';

/** No event that carries a usage is larger; a longer line goes out as it is. */
const MAX_HELD_LINE = 1024 * 1024;
/** A larger answer goes out as it is: nobody's usage is worth that much memory. */
const MAX_HELD_BODY = 64 * 1024 * 1024;

const NOTHING = Buffer.alloc(0);
const LF = 0x0a;
const OPEN_BRACE = 0x7b;
const TRANSFER = 'kv_transfer_params';
/** Without its first quote: a search that begins with what every line is full of takes eight times as long. */
const USAGE = Buffer.from('usage"');
const DATA = Buffer.from('data:');

/**
 * Corrects `cached_tokens` in an answer (see `usage.ts`), whatever way its bytes are cut, and takes out what it says of
 * the KV transfer.
 *
 * @param contentType of the answer; anything but JSON and event streams is left alone
 */
export function usageTransform(
  api: GenerateApi,
  cachedTokens: number,
  contentType: string,
): PayloadTransform | undefined {
  const type = mediaTypeOf(contentType);
  if (type === 'text/event-stream') return new EventStreamUsage(api, cachedTokens);
  if (type === 'application/json') return new JsonUsage(api, cachedTokens);
  return undefined;
}

/** Holds back an incomplete line and looks into those lines that name `usage`. */
class EventStreamUsage implements PayloadTransform {
  readonly whole = false;
  private readonly held = new HeldBytes();
  /** In the middle of a line too long to hold. */
  private skipping = false;

  constructor(
    private readonly api: GenerateApi,
    private readonly cachedTokens: number,
  ) {}

  push(bytes: Buffer): Buffer {
    const end = bytes.lastIndexOf(LF) + 1;
    if (end === 0) return this.pushPart(bytes);
    const skipped = this.skipping ? bytes.indexOf(LF) + 1 : 0;
    const tail = bytes.length - end;
    this.skipping = tail > MAX_HELD_LINE;
    const whole = tail === 0 || this.skipping ? bytes : bytes.subarray(0, end);
    const text = this.withHeld(whole);
    if (tail > 0 && !this.skipping) this.held.append(bytes, end);
    return this.rewrite(text, skipped);
  }

  end(): Buffer {
    return this.rewrite(this.withHeld(NOTHING), 0);
  }

  /** No line ends in these bytes. */
  private pushPart(bytes: Buffer): Buffer {
    if (this.skipping) return bytes;
    if (this.held.length + bytes.length > MAX_HELD_LINE) {
      this.skipping = true;
      return this.withHeld(bytes);
    }
    this.held.append(bytes);
    return NOTHING;
  }

  private withHeld(bytes: Buffer): Buffer {
    if (this.held.length === 0) return bytes;
    const text = Buffer.concat([this.held.bytes, bytes]);
    this.held.clear();
    return text;
  }

  private rewrite(text: Buffer, from: number): Buffer {
    let at = text.indexOf(USAGE, from);
    if (at < 0) return text;
    const parts: Uint8Array[] = [];
    let copied = 0;
    while (at >= 0) {
      const start = text.lastIndexOf(LF, at) + 1;
      let end = text.indexOf(LF, at);
      if (end < 0) end = text.length;
      const line = rewriteLine(text.subarray(start, end), this.api, this.cachedTokens);
      if (line) {
        parts.push(text.subarray(copied, start), ...line);
        copied = end;
      }
      at = text.indexOf(USAGE, end);
    }
    if (parts.length === 0) return text;
    parts.push(text.subarray(copied));
    return Buffer.concat(parts);
  }
}

/** @returns the line's new bytes, undefined to leave it as it is */
function rewriteLine(
  line: Buffer,
  api: GenerateApi,
  cachedTokens: number,
): Uint8Array[] | undefined {
  if (!line.subarray(0, DATA.length).equals(DATA)) return undefined;
  // A CR before the line's end is a blank to JSON, and stays where it is.
  const body = rewriteJson(line.subarray(DATA.length), api, cachedTokens);
  return body && [DATA, ...body];
}

function rewriteJson(
  json: Buffer,
  api: GenerateApi,
  cachedTokens: number,
): Uint8Array[] | undefined {
  try {
    const object = readJsonObject(json);
    const edits = withoutTransfer(object, cachedTokensEdits(api, object, cachedTokens));
    return edits && spliceMembers(object, edits);
  } catch (error) {
    // Not ours to judge: what is no JSON goes out as the engine wrote it.
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

/** Where KV lies is between engines: what a decoder says of it names addresses that no client is to know. */
function withoutTransfer(
  object: JsonObject,
  edits: ReadonlyMap<string, MemberEdit> | undefined,
): ReadonlyMap<string, MemberEdit> | undefined {
  const params = findMember(object, TRANSFER);
  if (!params || object.bytes[params.valueStart] !== OPEN_BRACE) return edits;
  return new Map(edits).set(TRANSFER, undefined);
}

/** Waits for the whole body. */
class JsonUsage implements PayloadTransform {
  whole = true;
  /** The body as long as it is one piece, which is not copied then. */
  private only: Buffer | undefined;
  private readonly pieces = new HeldBytes();

  constructor(
    private readonly api: GenerateApi,
    private readonly cachedTokens: number,
  ) {}

  push(bytes: Buffer): Buffer {
    if (!this.whole) return bytes;
    if (this.only === undefined && this.pieces.length === 0) this.only = bytes;
    else {
      if (this.only !== undefined) this.pieces.append(this.only);
      this.only = undefined;
      this.pieces.append(bytes);
    }
    const body = this.only ?? this.pieces.bytes;
    if (body.length <= MAX_HELD_BODY) return NOTHING;
    this.whole = false;
    return body;
  }

  end(): Buffer {
    if (!this.whole) return NOTHING;
    const body = this.only ?? this.pieces.bytes;
    const rewritten = rewriteJson(body, this.api, this.cachedTokens);
    return rewritten ? Buffer.concat(rewritten) : body;
  }
}
