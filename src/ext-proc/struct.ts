import { WireError, type WireReader } from './wire-reader.js';
import type { WireWriter } from './wire-writer.js';

/** A value of `google.protobuf.Value`: https://protobuf.dev/reference/protobuf/google.protobuf/#value */
export type StructValue =
  | null
  | boolean
  | number
  | string
  | readonly StructValue[]
  | { readonly [key: string]: StructValue };

export type Struct = Readonly<Record<string, StructValue>>;

/** Nobody nests deeper who means well. */
const MOST_DEPTH = 32;

/** Reads `google.protobuf.Struct`. @throws WireError */
export function readStruct(reader: WireReader, depth = 0): Map<string, StructValue> {
  const fields = new Map<string, StructValue>();
  while (reader.next()) {
    if (reader.field !== 1) continue;
    const entry = reader.message();
    let key = '';
    let value: StructValue = null;
    while (entry.next()) {
      if (entry.field === 1) key = entry.text();
      else if (entry.field === 2) value = readValue(entry.message(), depth + 1);
    }
    fields.set(key, value);
  }
  return fields;
}

function readValue(reader: WireReader, depth: number): StructValue {
  if (depth > MOST_DEPTH) throw new WireError('a Struct is nested too deep');
  let value: StructValue = null;
  while (reader.next()) {
    if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) value = reader.text();
    else if (reader.field === 4) value = reader.boolean();
    else if (reader.field === 5) {
      value = Object.fromEntries(readStruct(reader.message(), depth));
    } else if (reader.field === 6) value = readList(reader.message(), depth);
  }
  return value;
}

function readList(reader: WireReader, depth: number): StructValue[] {
  const list: StructValue[] = [];
  while (reader.next()) if (reader.field === 1) list.push(readValue(reader.message(), depth + 1));
  return list;
}

/** Writes the fields of a `google.protobuf.Struct`, backwards; the caller wraps them. */
export function writeStruct(writer: WireWriter, struct: Struct): void {
  for (const [key, value] of Object.entries(struct)) {
    const entry = writer.mark();
    const inner = writer.mark();
    writeValue(writer, value);
    writer.wrap(2, inner);
    writer.text(1, key);
    writer.wrap(1, entry);
  }
}

function writeValue(writer: WireWriter, value: StructValue): void {
  if (value === null) writer.number(1, 0);
  else if (typeof value === 'number') writer.double(2, value);
  else if (typeof value === 'string') writer.text(3, value);
  else if (typeof value === 'boolean') writer.number(4, value ? 1 : 0);
  else {
    const mark = writer.mark();
    if (isList(value)) {
      for (const item of value.toReversed()) {
        const one = writer.mark();
        writeValue(writer, item);
        writer.wrap(1, one);
      }
      writer.wrap(6, mark);
    } else {
      writeStruct(writer, value);
      writer.wrap(5, mark);
    }
  }
}

function isList(value: StructValue): value is readonly StructValue[] {
  return Array.isArray(value);
}
