import { EventLines } from './event-lines.js';
import { HeldBytes } from './held-bytes.js';
import { mediaTypeOf } from './media-type.js';
import { ModelMemberScan } from './model-member-scan.js';
import type { PayloadTransform } from './payload-transform.js';

const NOTHING = Buffer.alloc(0);

/**
 * Names the model of an answer as the client did, where the model server was asked for another one: the value of the
 * member `model` of a JSON answer, and of that in each event of a stream. In events of the responses and messages APIs,
 * which carry the answer as a member, that is the one named: `response` of `event: response.…`, `message` of
 * `event: message_start`. All other bytes stay and leave at once, but for such a value that is not complete.
 *
 * @param name that the client used
 * @param contentType of the answer; anything but JSON and event streams is left alone
 */
export function modelNameTransform(
  name: string,
  contentType: string,
): PayloadTransform | undefined {
  const type = mediaTypeOf(contentType);
  if (type === 'text/event-stream') return new EventStreamModelName(name);
  if (type === 'application/json') return new JsonModelName(name);
  return undefined;
}

abstract class ModelName implements PayloadTransform {
  readonly whole = false;
  protected readonly scan = new ModelMemberScan();
  private readonly name: Buffer;
  /** Of a value that is not complete. */
  private readonly held = new HeldBytes();

  constructor(name: string) {
    this.name = Buffer.from(JSON.stringify(name));
  }

  push(bytes: Buffer): Buffer {
    const { scan, held } = this;
    scan.beginPiece();
    this.look(bytes);
    if (held.length === 0 && scan.openAt === undefined && scan.found.length === 0) return bytes;
    return this.replaced(bytes);
  }

  end(): Buffer {
    const rest = this.held.length === 0 ? NOTHING : Buffer.from(this.held.bytes);
    this.held.clear();
    return rest;
  }

  /** Has {@link scan} see the piece. */
  protected abstract look(bytes: Buffer): void;

  private replaced(bytes: Buffer): Buffer {
    const { scan, held } = this;
    const { found, openAt } = scan;
    if (openAt === -1) {
      held.append(bytes);
      return NOTHING;
    }
    const parts: Buffer[] = [];
    if (scan.spoiled) parts.push(Buffer.from(held.bytes));
    let copied = 0;
    for (let i = 0; i < found.length; i += 2) {
      const start = found[i]!;
      if (start > copied) parts.push(bytes.subarray(copied, start));
      parts.push(this.name);
      copied = found[i + 1]!;
    }
    held.clear();
    const end = openAt ?? bytes.length;
    if (end > copied) parts.push(bytes.subarray(copied, end));
    if (openAt !== undefined) held.append(bytes, openAt);
    // The name itself is not given out: who gets it may use its memory again.
    return parts.length === 1 && parts[0] !== this.name ? parts[0]! : Buffer.concat(parts);
  }
}

class JsonModelName extends ModelName {
  protected override look(bytes: Buffer): void {
    this.scan.scan(bytes, 0, bytes.length);
  }
}

class EventStreamModelName extends ModelName {
  private readonly lines = new EventLines({
    data: (bytes, from, to) => this.scan.scan(bytes, from, to),
    dataEnded: () => this.scan.endLine(),
    type: (name) => (this.scan.wrapper = wrapperOf(name)),
    ended: () => this.scan.reset(),
  });

  protected override look(bytes: Buffer): void {
    this.lines.push(bytes);
  }
}

/** @returns the member of such an event that is an answer, with a model */
function wrapperOf(type: string): string | undefined {
  if (type.startsWith('response.')) return 'response';
  return type === 'message_start' ? 'message' : undefined;
}
