import { bytes, messages, readFields, type Fields } from './protobuf-reader.js';
import { doubleField, field, message } from './protobuf-writer.js';

/** What `google.protobuf.Value` can hold. */
export type StructValue =
  | null
  | boolean
  | number
  | string
  | readonly StructValue[]
  | { readonly [key: string]: StructValue };

/** What `google.protobuf.Struct` can hold. */
export type StructRecord = Readonly<Record<string, StructValue>>;

/** @returns `google.protobuf.Struct` */
export function writeStruct(record: StructRecord): Buffer {
  const entries = Object.entries(record).map(([key, value]) =>
    field(1, message(field(1, key), field(2, writeValue(value)))),
  );
  return message(...entries);
}

/** @param bytes_ of `google.protobuf.Struct` */
export function readStruct(bytes_: Buffer): StructRecord {
  const entries = messages(readFields(bytes_), 1).map(
    (entry) => [bytes(entry, 1).toString(), readValue(readFields(bytes(entry, 2)))] as const,
  );
  return Object.fromEntries(entries);
}

function writeValue(value: StructValue): Buffer {
  if (value === null) return field(1, 0);
  if (typeof value === 'number') return doubleField(2, value);
  if (typeof value === 'string') return field(3, value);
  if (typeof value === 'boolean') return field(4, value);
  if (Array.isArray(value)) {
    const values = (value as readonly StructValue[]).map((item) => field(1, writeValue(item)));
    return field(6, message(...values));
  }
  return field(5, writeStruct(value as StructRecord));
}

function readValue(value: Fields): StructValue {
  const number = value.get(2)?.[0] as bigint | undefined;
  if (number !== undefined) {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64LE(number);
    return eight.readDoubleLE();
  }
  if (value.has(3)) return bytes(value, 3).toString();
  if (value.has(4)) return value.get(4)?.[0] === 1n;
  if (value.has(5)) return readStruct(bytes(value, 5));
  if (value.has(6)) return messages(readFields(bytes(value, 6)), 1).map(readValue);
  return null;
}
