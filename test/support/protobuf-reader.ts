/** Fields of one protobuf message, by number; each as often as it came. */
export type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Reads one message without a schema (protobuf's wire format): bytes stay bytes, numbers bigint. */
export function readFields(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  const value = (wireType: number): Buffer | bigint => {
    if (wireType === VARINT) return varint();
    if (wireType === FIXED64) return take(8).readBigUInt64LE();
    if (wireType === FIXED32) return BigInt(take(4).readUInt32LE());
    if (wireType === BYTES) return take(Number(varint()));
    throw new Error(`wire type ${wireType}`);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, values);
    values.push(value(tag & 7));
  }
  return fields;
}

/** @returns the messages in a field, read */
export function messages(fields: Fields, number: number): Fields[] {
  return (fields.get(number) ?? []).map((value) => readFields(value as Buffer));
}

/** @returns a field's first value as bytes; none when it is absent */
export function bytes(fields: Fields, number: number): Buffer {
  return (fields.get(number)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
}
