import { describe, expect, it } from '@jest/globals';
import { readStruct, writeStruct, type Struct } from './struct.js';
import { WireError, WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

function written(write: (writer: WireWriter) => void): Buffer {
  const writer = new WireWriter();
  write(writer);
  return writer.finish();
}

describe(WireWriter.name, () => {
  it('writes fields as protobuf has them, the last one first', () => {
    const bytes = written((writer) => {
      writer.text(2, 'testing');
      writer.number(1, 150);
    });
    // https://protobuf.dev/programming-guides/encoding/
    expect(bytes.toString('hex')).toBe('089601120774657374696e67');
  });

  it('grows without losing what is written', () => {
    const big = 'ü'.repeat(50_000);
    const bytes = written((writer) => {
      const mark = writer.mark();
      writer.text(1, big);
      writer.buffer(2, Buffer.alloc(100_000, 7));
      writer.wrap(3, mark);
    });
    const outer = new WireReader(bytes);
    expect(outer.next()).toBe(true);
    const inner = outer.message();
    expect([inner.next(), inner.field, inner.slice().length]).toEqual([true, 2, 100_000]);
    expect([inner.next(), inner.field, inner.text()]).toEqual([true, 1, big]);
    expect([inner.next(), outer.next()]).toEqual([false, false]);
  });

  it('leaves room before a message, and begins anew behind it', () => {
    const writer = new WireWriter();
    writer.number(1, 1);
    expect(writer.finish(5).subarray(5).toString('hex')).toBe('0801');
    writer.number(2, 300);
    expect(writer.finish().toString('hex')).toBe('10ac02');
  });
});

describe(WireReader.name, () => {
  it.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 31, 2 ** 32, 2 ** 53 - 1])('reads %d', (value) => {
    const reader = new WireReader(written((writer) => writer.number(1, value)));
    reader.next();
    expect(reader.number()).toBe(value);
  });

  it('takes a field of another type for one without a value', () => {
    const reader = new WireReader(written((writer) => writer.number(1, 5)));
    reader.next();
    expect([reader.text(), reader.slice().length, reader.double()]).toEqual(['', 0, 0]);
    expect(reader.message().next()).toBe(false);
  });

  it.each([
    ['a field beyond the message', '0a05616263'],
    ['a number beyond the message', '08'],
    ['a number without an end', '08ffffffffffffffffffffff01'],
    ['a group', '0b'],
    ['field 0', '0000'],
    ['eight bytes that are not there', '0900'],
  ])('refuses %s', (_, hex) => {
    const reader = new WireReader(Buffer.from(hex, 'hex'));
    expect(() => {
      while (reader.next());
    }).toThrow(WireError);
  });

  it('reads any bytes to their end, or refuses them', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Buffer.from(Array.from({ length: random() % 24 }, () => random() & 255));
      try {
        const reader = new WireReader(bytes);
        while (reader.next()) reader.slice();
        readStruct(new WireReader(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }
  });
});

describe('a Struct', () => {
  const struct: Struct = {
    text: 'ü',
    number: -1.5,
    yes: true,
    no: false,
    nothing: null,
    list: ['10.0.0.1:80', 2, { a: [] }, [null]],
    nested: { 'x-y': { z: 'deep' } },
  };

  it('is read as it was written', () => {
    const bytes = written((writer) => writeStruct(writer, struct));
    expect(Object.fromEntries(readStruct(new WireReader(bytes)))).toEqual(struct);
  });

  it('is refused where it is nested too deep', () => {
    let deep: Struct = {};
    for (let level = 0; level < 200; level++) deep = { deep };
    const bytes = written((writer) => writeStruct(writer, deep));
    expect(() => readStruct(new WireReader(bytes))).toThrow('nested too deep');
  });
});
