import { describe, expect, it } from '@jest/globals';
import { arbitraryJson, seededRandom } from '../../test/support/arbitrary-json.js';
import { readJsonObject } from './json-object.js';
import { byteLength, spliceMembers, spliceNested, type MemberEdit } from './json-splice.js';

const splice = (text: string, edits: Record<string, MemberEdit>): string => {
  const slices = spliceMembers(readJsonObject(Buffer.from(text)), new Map(Object.entries(edits)));
  const joined = Buffer.concat(slices);
  expect(byteLength(slices)).toBe(joined.length);
  return joined.toString();
};

describe(spliceMembers.name, () => {
  it('replaces a value and leaves every other byte', () => {
    expect(splice(' { "a" : 1.0 ,"b":1e400}\n', { a: 'true' })).toBe(' { "a" : true ,"b":1e400}\n');
  });

  it('appends what is missing', () => {
    expect(splice('{"a":1}', { b: '2', c: Buffer.from('[3]') })).toBe('{"a":1,"b":2,"c":[3]}');
    expect(splice('{ }', { b: '2' })).toBe('{ "b":2}');
  });

  it('puts in slices one after another', () => {
    const list = ['[', '{"b":1.0}', ']'].map((text) => Buffer.from(text));
    expect(splice('{"a":[],"c":2}', { a: list, d: list })).toBe(
      '{"a":[{"b":1.0}],"c":2,"d":[{"b":1.0}]}',
    );
  });

  it.each([
    ['{"x":1,"a":2,"b":3}', '{"a":2,"b":3}'],
    ['{"a":2,"x":1,"b":3}', '{"a":2,"b":3}'],
    ['{"a":2 , "x" : 1}', '{"a":2 }'],
    ['{"x":1}', '{}'],
    ['{"x":1,"x":2}', '{}'],
    ['{"x":1,"x":2,"a":3}', '{"a":3}'],
    ['{"a":3,"x":1,"x":2}', '{"a":3}'],
    ['{"x":1,"a":3,"x":2}', '{"a":3}'],
    ['{"a":1,"x":1,"b":2,"x":2,"c":3}', '{"a":1,"b":2,"c":3}'],
  ])('takes a member out of %s with one comma', (text, expected) => {
    expect(splice(text, { x: undefined })).toBe(expected);
  });

  it('edits all occurrences of a name, however they are spelled', () => {
    expect(splice('{"n":5,"a":0,"\\u006e":7}', { n: '1' })).toBe('{"n":1,"a":0,"\\u006e":1}');
  });

  it('appends after everything else was removed', () => {
    expect(splice('{"x":1}', { x: undefined, y: '1' })).toBe('{"y":1}');
  });

  it('copies nothing of the body', () => {
    const body = Buffer.from('{"prompt":"long","max_tokens":9}');
    const slices = spliceMembers(readJsonObject(body), new Map([['max_tokens', '1']]));
    expect(slices[0]!.buffer).toBe(body.buffer);
  });

  it('leaves valid JSON with the asked members and no others changed, for random bodies', () => {
    const random = seededRandom(11);
    const names = ['max_tokens', 'stream', 'stream_options', 'kv_transfer_params', 'n'];
    for (let round = 0; round < 1000; round++) {
      const text = arbitraryJson(random, names);
      const edits: Record<string, MemberEdit> = {
        max_tokens: '1',
        stream: 'false',
        stream_options: undefined,
        kv_transfer_params: '{"a":null}',
      };
      const before = JSON.parse(text) as Record<string, unknown>;
      const result = splice(text, edits);
      const expected = { ...before, max_tokens: 1, stream: false, kv_transfer_params: { a: null } };
      delete (expected as Record<string, unknown>)['stream_options'];
      expect(JSON.parse(result)).toEqual(expected);
      expect(result).not.toMatch(/"stream_options"/);
      expect(untouched(result)).toEqual(untouched(text));
    }
  });
});

describe(spliceNested.name, () => {
  it('gives the bytes of the inner object alone', () => {
    const body = Buffer.from('{"p":{"max_tokens":9,"t":1.0},"q":1}');
    const inner = readJsonObject(body, 5, 29);
    expect(spliceNested(inner, new Map([['max_tokens', '1']])).toString()).toBe(
      '{"max_tokens":1,"t":1.0}',
    );
  });
});

/** The bytes of all members that are not edited, in order. */
function untouched(text: string): string[] {
  const object = readJsonObject(Buffer.from(text));
  const edited = new Set(['max_tokens', 'stream', 'stream_options', 'kv_transfer_params']);
  return object.members
    .filter(({ name }) => !edited.has(name))
    .map(({ start, valueEnd }) => text.slice(charAt(text, start), charAt(text, valueEnd)));
}

function charAt(text: string, byte: number): number {
  return Buffer.from(text).toString('utf8', 0, byte).length;
}
