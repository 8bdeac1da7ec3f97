import { describe, expect, it } from '@jest/globals';
import { findMember, JsonSyntaxError, MAX_JSON_DEPTH, readJsonObject } from './json-object.js';
import { arbitraryJson, seededRandom } from '../../test/support/arbitrary-json.js';

const read = (text: string): ReturnType<typeof readJsonObject> => readJsonObject(Buffer.from(text));

const members = (text: string): [string, string][] => {
  const object = read(text);
  return object.members.map((member) => [
    member.name,
    object.bytes.toString('utf8', member.valueStart, member.valueEnd),
  ]);
};

describe(readJsonObject.name, () => {
  it('finds the members of the top level with the bytes of their values', () => {
    expect(members(' {"a": 1, "b" :{"c":[1,{"d":"}"}]},"e":"x\\"y"}\n')).toEqual([
      ['a', '1'],
      ['b', '{"c":[1,{"d":"}"}]}'],
      ['e', '"x\\"y"'],
    ]);
  });

  it('keeps duplicates and reads a key through its escapes', () => {
    expect(members('{"n":1,"n":2,"\\u006e":3}')).toEqual([
      ['n', '1'],
      ['n', '2'],
      ['n', '3'],
    ]);
  });

  it('is not misled by quotes and backslashes inside strings', () => {
    expect(members('{"a":"\\\\","b":"\\\\\\"","c":"[{,:"}').map(([name]) => name)).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['blanks', '  '],
    ['null', 'null'],
    ['an array', '[1]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['a truncated object', '{"a":1'],
    ['a truncated string', '{"a":"x'],
    ['a truncated escape', '{"a":"x\\"}'],
    ['a missing value', '{"a":}'],
    ['a missing colon', '{"a" 1}'],
    ['a trailing comma', '{"a":1,}'],
    ['a leading comma', '{,"a":1}'],
    ['two values', '{"a":1 2}'],
    ['a bare key', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a crossed bracket', '{"a":[1}'],
    ['another crossed bracket', '{"a":{1]}'],
    ['a trailing comma in an array', '{"a":[1,]}'],
    ['no comma in a nested object', '{"a":{"b":1 "c":2}}'],
    ['no comma in an array', '{"a":["x" "y"]}'],
    ['a leading zero', '{"a":01}'],
    ['a leading plus', '{"a":+1}'],
    ['a bare point', '{"a":1.}'],
    ['a wrong literal', '{"a":nul}'],
    ['NaN', '{"a":NaN}'],
    ['text behind it', '{"a":1}x'],
    ['two objects', '{}{}'],
    ['a byte-order mark', '\ufeff{}'],
    ['a key with a bad escape', '{"\\x":1}'],
  ])('refuses %s', (_what, text) => {
    expect(() => read(text)).toThrow(JsonSyntaxError);
  });

  it.each(['true', 'false', 'null', '0', '-0.5e+3'])('takes %s for a value', (value) => {
    expect(members(`{"a":${value},"b":[${value}]}`)).toEqual([
      ['a', value],
      ['b', `[${value}]`],
    ]);
    for (const wrong of [value + 't', value.slice(0, -1) + 'u', value.toUpperCase() + 'E'])
      expect(() => read(`{"a":${wrong}}`)).toThrow(JsonSyntaxError);
  });

  it('bounds the nesting', () => {
    const nested = (depth: number): string => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect(read(nested(MAX_JSON_DEPTH - 1)).members).toHaveLength(1);
    expect(() => read(nested(MAX_JSON_DEPTH))).toThrow('nested too deep');
    expect(() => read(`{"a":${'['.repeat(5_000_000)}`)).toThrow('nested too deep');
  });

  it('agrees with JSON.parse on random objects and on random damage to them', () => {
    const random = seededRandom(7);
    for (let round = 0; round < 2000; round++) {
      const text = arbitraryJson(random);
      const damaged = round % 2 === 0 ? text : damage(text, random);
      let parsed: unknown;
      try {
        parsed = JSON.parse(damaged);
      } catch {
        parsed = undefined;
      }
      const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
      if (isObject) expect(Object.fromEntries(parsedMembers(damaged))).toEqual(parsed);
      else expect(() => read(damaged)).toThrow(JsonSyntaxError);
    }
  });
});

describe(findMember.name, () => {
  it('takes the last of several, as parsers do', () => {
    const object = read('{"n":1,"n":22}');
    const member = findMember(object, 'n')!;
    expect(object.bytes.toString('utf8', member.valueStart, member.valueEnd)).toBe('22');
    expect(findMember(object, 'm')).toBeUndefined();
  });
});

function parsedMembers(text: string): [string, unknown][] {
  return members(text).map(([name, value]) => [name, JSON.parse(value) as unknown]);
}

/** Structural damage: what stands in a string is not the reader's to judge. */
function damage(text: string, random: () => number): string {
  const outside = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[^"]/g)].filter(
    ([part]) => part.length === 1,
  );
  const { index } = outside[Math.floor(random() * outside.length)]!;
  const junk = ['', ',', ':', '{', ']', '1', 'null', '0'][Math.floor(random() * 8)]!;
  return text.slice(0, index) + junk + text.slice(index + 1);
}
