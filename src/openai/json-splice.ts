import { findMember, type JsonMember, type JsonObject } from './json-object.js';

/** A body as a list of slices, written one after another and never joined. */
export type BodySlices = readonly Uint8Array[];

/**
 * What becomes of a member: its new value as JSON text (a `Buffer`, or a list of slices, goes in as it is), or
 * `undefined` to take the member out.
 */
export type MemberEdit = string | Buffer | BodySlices | undefined;

const COMMA = 0x2c;

/**
 * Edits top-level members of an object; every byte outside of them stays as it was sent.
 *
 * Where a name stands more than once, all its occurrences get the value or go, so that engines
 * cannot disagree about which one counts. A name that is missing is appended before the closing
 * brace.
 *
 * @param edits by member name
 * @returns slices of the object's own buffer and of the new values; together they are the whole
 *   body, with whatever blanks stand around the object
 */
export function spliceMembers(
  object: JsonObject,
  edits: ReadonlyMap<string, MemberEdit>,
): Uint8Array[] {
  return new Splice(object, 0, object.bytes.length).apply(edits);
}

/** The same for an object inside another one: just its own bytes, joined, for use as a value. */
export function spliceNested(object: JsonObject, edits: ReadonlyMap<string, MemberEdit>): Buffer {
  return Buffer.concat(new Splice(object, object.start, object.end).apply(edits));
}

/** Number of bytes of a body given as slices. */
export function byteLength(slices: BodySlices): number {
  let length = 0;
  for (const slice of slices) length += slice.length;
  return length;
}

class Splice {
  private readonly slices: Uint8Array[] = [];
  /** Everything before this offset is in `slices` or dropped. */
  private copied: number;

  constructor(
    private readonly object: JsonObject,
    from: number,
    private readonly to: number,
  ) {
    this.copied = from;
  }

  apply(edits: ReadonlyMap<string, MemberEdit>): Uint8Array[] {
    const { members, end } = this.object;
    /** Whether a member before this one is still there: it decides which comma goes. */
    let kept = false;
    for (let index = 0; index < members.length; index++) {
      const member = members[index]!;
      const value = edits.get(member.name);
      if (value !== undefined) {
        this.copyTo(member.valueStart);
        addTo(this.slices, value);
        this.copied = member.valueEnd;
        kept = true;
      } else if (edits.has(member.name)) this.remove(member, kept, members[index + 1]);
      else kept = true;
    }

    let addition = '';
    const additions: Uint8Array[] = [];
    for (const [name, value] of edits) {
      if (value === undefined || findMember(this.object, name)) continue;
      addition += `${kept ? ',' : ''}${JSON.stringify(name)}:`;
      kept = true;
      if (typeof value === 'string') addition += value;
      else {
        additions.push(Buffer.from(addition));
        addTo(additions, value);
        addition = '';
      }
    }
    if (addition) additions.push(Buffer.from(addition));
    if (additions.length > 0) {
      this.copyTo(end - 1);
      this.slices.push(...additions);
    }
    this.copyTo(this.to);
    return this.slices;
  }

  /** Takes a member out together with one comma: the one before it, else the one behind it. */
  private remove(member: JsonMember, kept: boolean, next: JsonMember | undefined): void {
    const { bytes } = this.object;
    let from = member.start;
    let to = member.valueEnd;
    if (kept) {
      // Between the previous value and this key there are only blanks and one comma.
      while (from > this.copied && bytes[from - 1] !== COMMA) from--;
      from--;
    } else if (next) {
      while (bytes[to] !== COMMA) to++;
      to++;
    }
    this.copyTo(from);
    this.copied = Math.max(this.copied, to);
  }

  private copyTo(offset: number): void {
    if (offset > this.copied) this.slices.push(this.object.bytes.subarray(this.copied, offset));
    this.copied = Math.max(this.copied, offset);
  }
}

function addTo(slices: Uint8Array[], value: string | Buffer | BodySlices): void {
  if (typeof value === 'string') slices.push(Buffer.from(value));
  else if (Buffer.isBuffer(value)) slices.push(value);
  else slices.push(...value);
}
