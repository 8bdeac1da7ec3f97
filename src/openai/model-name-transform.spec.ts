import { describe, expect, it } from '@jest/globals';
import { JsonSyntaxError, readJsonObject, type JsonObject } from './json-object.js';
import { nestedObject } from './json-value.js';
import { modelNameTransform } from './model-name-transform.js';

const JSON_TYPE = 'application/json; charset=utf-8';
const EVENTS = 'text/event-stream';
const NAME = 'my "own" nämé';
const SPELLED = JSON.stringify(NAME);

/** Sends the pieces through, one after another, each in memory that is used again. */
function through(pieces: readonly Buffer[], type: string): Buffer[] {
  const transform = modelNameTransform(NAME, type)!;
  const answers = pieces.map((piece) => {
    const memory = Buffer.from(piece);
    const answer = Buffer.from(transform.push(memory));
    memory.fill('?');
    return answer;
  });
  return [...answers, transform.end()];
}

function whole(pieces: readonly Buffer[], type: string): string {
  return Buffer.concat(through(pieces, type)).toString();
}

function cutAt(bytes: Buffer, ...places: readonly number[]): Buffer[] {
  const ends = [...places, bytes.length];
  return ends.map((end, at) => bytes.subarray(at === 0 ? 0 : ends[at - 1], end));
}

const NESTED =
  '"choices":[{"model":"t","delta":{"content":"\\"model\\":\\"t\\" t}"}}],"x":{"model":"t"}';
const CHUNK = `{"id":"c","model":"t",${NESTED},"usage":null}`;

/** What comes, and what goes out; `@` stands for the client's name. */
const JSON_CASES: readonly (readonly [string, string, string])[] = [
  ['first', `{"model":"t","a":1}`, `{"model":@,"a":1}`],
  [
    'last, with blanks',
    `{ "a" : [1, {"b":2}] ,\n "model" :\t"t" }\n`,
    `{ "a" : [1, {"b":2}] ,\n "model" :\t@ }\n`,
  ],
  ['nested ones stay', `{${NESTED},"model":"t"}`, `{${NESTED},"model":@}`],
  [
    'text stays',
    `{"text":"{\\"model\\":\\"t\\"}","model":"t"}`,
    `{"text":"{\\"model\\":\\"t\\"}","model":@}`,
  ],
  [
    'other spelling of the key',
    `{"mod\\u0065l":"t","m\\u006fdels":"t"}`,
    `{"mod\\u0065l":@,"m\\u006fdels":"t"}`,
  ],
  [
    'every letter an escape',
    `{"\\u006d\\u006F\\u0064\\u0065\\u006c":"t"}`,
    `{"\\u006d\\u006F\\u0064\\u0065\\u006c":@}`,
  ],
  ['escapes in the value', `{"model":"t\\\\\\"\\u0022","a":"b"}`, `{"model":@,"a":"b"}`],
  ['twice', `{"model":"t","model":"u"}`, `{"model":@,"model":@}`],
  ['any name', `{"model":"something/else"}`, `{"model":@}`],
  ['empty', `{"model":""}`, `{"model":@}`],
  ['no string', `{"model":null,"a":{"model":7}}`, `{"model":null,"a":{"model":7}}`],
  ['a value named model', `{"object":"model","model":"t"}`, `{"object":"model","model":@}`],
  [
    'numbers',
    `{"a":-1.5e3,"model":"t","b":12345678901234567890}`,
    `{"a":-1.5e3,"model":@,"b":12345678901234567890}`,
  ],
  ['a list', `[{"model":"t"}]`, `[{"model":"t"}]`],
  ['no JSON', `model: "t"`, `model: "t"`],
  ['empty object', `{}`, `{}`],
  ['nothing', ``, ``],
  ['cut in the value', `{"model":"t`, `{"model":"t`],
  ['no key', `{"model" "t"}`, `{"model" "t"}`],
  ['behind the object', `{"a":1} {"model":"t"}`, `{"a":1} {"model":"t"}`],
  [
    'a response is no event',
    `{"response":{"model":"t"},"model":"t"}`,
    `{"response":{"model":"t"},"model":@}`,
  ],
];

const EVENT_CASES: readonly (readonly [string, string, string])[] = [
  [
    'events',
    `data: ${CHUNK}\n\ndata: ${CHUNK}\n\ndata: [DONE]\n\n`,
    `data: ${at(CHUNK)}\n\ndata: ${at(CHUNK)}\n\ndata: [DONE]\n\n`,
  ],
  [
    'CR LF',
    `data: ${CHUNK}\r\n\r\ndata:${CHUNK}\r\n\r\n`,
    `data: ${at(CHUNK)}\r\n\r\ndata:${at(CHUNK)}\r\n\r\n`,
  ],
  ['CR', `data: ${CHUNK}\r\rdata: ${CHUNK}\r\r`, `data: ${at(CHUNK)}\r\rdata: ${at(CHUNK)}\r\r`],
  ['no end', `data: ${CHUNK}`, `data: ${at(CHUNK)}`],
  [
    'comments and other fields',
    `: {"model":"t"}\nid: {"model":"t"}\ndatax: {"model":"t"}\n\ndata: ${CHUNK}\n\n`,
    `: {"model":"t"}\nid: {"model":"t"}\ndatax: {"model":"t"}\n\ndata: ${at(CHUNK)}\n\n`,
  ],
  [
    'data over several lines',
    `data: {"a":1,\ndata: "model":\ndata: "t"}\n\n`,
    `data: {"a":1,\ndata: "model":\ndata: @}\n\n`,
  ],
  [
    'a broken event',
    `data: {"model":"t\n\ndata: {"model":"t"}\n\n`,
    `data: {"model":"t\n\ndata: {"model":@}\n\n`,
  ],
  [
    'a line that ends in a text',
    `data: {"a":"b\ndata: ","model":"t"}\n\ndata: {"model":"t"}\n\n`,
    `data: {"a":"b\ndata: ","model":"t"}\n\ndata: {"model":@}\n\n`,
  ],
  [
    'responses',
    `event: response.created\ndata: {"response":{"id":"r","model":"t","x":{"model":"t"}},"type":"response.created","model":"t"}\n\n`,
    `event: response.created\ndata: {"response":{"id":"r","model":@,"x":{"model":"t"}},"type":"response.created","model":@}\n\n`,
  ],
  [
    'messages',
    `event: message_start\ndata: {"type":"message_start","message":{"model":"t","content":[]}}\n\nevent: ping\ndata: {"message":{"model":"t"}}\n\n`,
    `event: message_start\ndata: {"type":"message_start","message":{"model":@,"content":[]}}\n\nevent: ping\ndata: {"message":{"model":"t"}}\n\n`,
  ],
  [
    'a wrapper that is none',
    `event: response.created\ndata: {"response":"model","model":"t"}\n\ndata: {"response":{"model":"t"}}\n\n`,
    `event: response.created\ndata: {"response":"model","model":@}\n\ndata: {"response":{"model":"t"}}\n\n`,
  ],
];

/** The model of the chunk above is renamed, and not those in it. */
function at(chunk: string): string {
  return chunk.replace('"t"', '@');
}

function expected(text: string): string {
  return text.replaceAll('@', SPELLED);
}

describe(modelNameTransform.name, () => {
  const cases = [
    ...JSON_CASES.map((one) => [JSON_TYPE, ...one] as const),
    ...EVENT_CASES.map((one) => [EVENTS, ...one] as const),
  ];

  it.each(cases)('%s: %s, in one piece and cut anywhere', (type, _, input, output) => {
    const bytes = Buffer.from(input);
    expect(whole([bytes], type)).toBe(expected(output));
    expect(
      whole(
        [...bytes].map((byte) => Buffer.from([byte])),
        type,
      ),
    ).toBe(expected(output));
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(whole(cutAt(bytes, cut), type)).toBe(expected(output));
    }
  });

  it('cuts a stream in three at any two places', () => {
    const bytes = Buffer.from(
      `event: a\ndata: {"model":"t","b":"model"}\r\n\r\ndata: {"model":"t"}\n\n`,
    );
    const once = whole([bytes], EVENTS);
    for (let i = 0; i <= bytes.length; i++) {
      for (let j = i; j <= bytes.length; j++) expect(whole(cutAt(bytes, i, j), EVENTS)).toBe(once);
    }
  });

  it('holds back nothing but the value that it is to change', () => {
    const bytes = Buffer.from(`data: {"id":"c","model":"target","a":"b"}\n\n`);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const [first] = through(cutAt(bytes, cut), EVENTS);
      const begin = bytes.indexOf('"target"');
      const isInValue = cut > begin && cut < begin + '"target"'.length;
      const due = bytes.subarray(0, isInValue ? begin : cut).toString();
      expect(first!.toString()).toBe(due.replace('"target"', SPELLED));
    }
  });

  it('gives back the very bytes where there is nothing to change', () => {
    const transform = modelNameTransform(NAME, EVENTS)!;
    const bytes = Buffer.from(`data: {"choices":[]}\n\n`);
    expect(transform.push(bytes)).toBe(bytes);
    expect(transform.end()).toHaveLength(0);
  });

  it.each([1, 100, 5000])(
    'lets a value out that is too long for a name, %i bytes at a time',
    (size) => {
      const text = `{"model":"${'t'.repeat(9000)}","a":1}`;
      const bytes = Buffer.from(text);
      const places = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => i * size);
      expect(whole(cutAt(bytes, ...places), JSON_TYPE)).toBe(text);
    },
  );

  it.each(['text/plain', 'application/octet-stream', ''])('leaves %s alone', (type) => {
    expect(modelNameTransform(NAME, type)).toBeUndefined();
  });

  it('writes what splicing the whole would write, however it is cut', () => {
    const random = generator(20_261_122);
    for (let round = 0; round < 3000; round++) {
      const isStream = random() < 0.5;
      const type = isStream ? EVENTS : JSON_TYPE;
      const bytes = Buffer.from(isStream ? randomStream(random) : randomObject(random, 3));
      const naive = isStream
        ? renamedStream(bytes.toString())
        : renamed(bytes.toString(), undefined);
      const places = Array.from({ length: Math.floor(random() * 6) }, () =>
        Math.floor(random() * (bytes.length + 1)),
      ).sort((a, b) => a - b);
      expect(whole(cutAt(bytes, ...places), type)).toBe(naive);
    }
  });

  it('writes the same of rubbish, however it is cut', () => {
    const random = generator(7);
    const alphabet = [
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ':',
      ',',
      '\n',
      '\r',
      ' ',
      'data:',
      'event: response.x\n',
      '"model"',
      '"model":"t"',
      '"response":{',
      '1',
      't',
    ];
    for (let round = 0; round < 3000; round++) {
      const length = Math.floor(random() * 30);
      const text = Array.from({ length }, () => pick(random, alphabet)).join('');
      const bytes = Buffer.from(text);
      const type = random() < 0.5 ? EVENTS : JSON_TYPE;
      const cut = Math.floor(random() * (bytes.length + 1));
      expect(whole(cutAt(bytes, cut), type)).toBe(whole([bytes], type));
    }
  });
});

type Random = () => number;

function generator(seed: number): Random {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(random: Random, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)]!;
}

const KEYS = [
  'model',
  'mod\\u0065l',
  'response',
  'message',
  'm',
  'models',
  'ä',
  'a\\"b',
  '',
  'choices',
];
const TEXTS = ['t', '', '\\"model\\":\\"t\\"', 'ü€😀', '}{][,:', '\\\\', 'model', '\\u0022'];

function randomValue(random: Random, depth: number): string {
  const kind = random();
  if (kind < 0.45) return `"${pick(random, TEXTS)}"`;
  if (kind < 0.6 || depth === 0) return pick(random, ['0', '-1.5e+9', 'true', 'null', 'false']);
  if (kind < 0.85) return randomObject(random, depth - 1);
  const count = Math.floor(random() * 3);
  return `[${Array.from({ length: count }, () => randomValue(random, depth - 1)).join(',')}]`;
}

function randomObject(random: Random, depth: number): string {
  const count = Math.floor(random() * 5);
  const blank = (): string => pick(random, ['', '', ' ', '\t']);
  const members = Array.from(
    { length: count },
    () =>
      `${blank()}"${pick(random, KEYS)}"${blank()}:${blank()}${randomValue(random, depth)}${blank()}`,
  );
  return `{${members.join(',')}}`;
}

function randomStream(random: Random): string {
  const end = pick(random, ['\n', '\r\n', '\r']);
  const events = Array.from({ length: Math.floor(random() * 6) }, () => {
    const type = pick(random, ['', '', 'event: response.created', 'event:message_start', ': hi']);
    const data = random() < 0.1 ? '[DONE]' : randomObject(random, 2);
    return `${type === '' ? '' : type + end}data:${pick(random, ['', ' '])}${data}${end}${end}`;
  });
  return events.join('');
}

/** The whole at once: what the transform is measured by. */
function renamed(json: string, wrapper: string | undefined): string {
  try {
    const object = readJsonObject(Buffer.from(json));
    return Buffer.concat(spliceAll(object, wrapper)).toString();
  } catch (error) {
    if (error instanceof JsonSyntaxError) return json;
    throw error;
  }
}

/** Splicing gives all members of a name one value; here each is judged by itself. */
function spliceAll(object: JsonObject, wrapper: string | undefined): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let copied = 0;
  for (const member of object.members) {
    const { name, valueStart, valueEnd } = member;
    const one: JsonObject = { ...object, members: [member] };
    let value: Buffer | undefined;
    if (name === 'model' && object.bytes[valueStart] === 0x22) value = Buffer.from(SPELLED);
    else if (name === wrapper && object.bytes[valueStart] === 0x7b) {
      const inner = nestedObject(one, name)!;
      value = Buffer.concat(
        spliceAll({ ...inner, bytes: inner.bytes.subarray(0, inner.end) }, undefined),
      ).subarray(inner.start);
    }
    if (value === undefined) continue;
    parts.push(object.bytes.subarray(copied, valueStart), value);
    copied = valueEnd;
  }
  return [...parts, object.bytes.subarray(copied)];
}

function renamedStream(text: string): string {
  const end = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  return text
    .split(end + end)
    .map((event) => {
      const lines = event.split(end);
      const type = /^event: ?(.*)$/.exec(lines[0]!)?.[1] ?? '';
      const wrapper = type.startsWith('response.')
        ? 'response'
        : type === 'message_start'
          ? 'message'
          : undefined;
      return lines
        .map((line) =>
          line.startsWith('data:') ? `data:${renamed(line.slice(5), wrapper)}` : line,
        )
        .join(end);
    })
    .join(end + end);
}
