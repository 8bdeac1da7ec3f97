import {
  chunksCover,
  HOST,
  lengthCovers,
  request,
  AFTER,
  type RequestCase,
} from './request-case.js';

const CODING = ['Transfer-Encoding', 'chunked'] as const;
const LENGTH = ['Content-Length', '{n}'] as const;

/** Where in a field line an odd byte may stand: what parsers disagree about most. */
const PLACES: Readonly<Record<string, (name: string, value: string, odd: string) => string>> = {
  'before the name': (name, value, odd) => `${odd}${name}: ${value}\r\n`,
  'in the name': (name, value, odd) => `${name.replace('-', odd)}: ${value}\r\n`,
  'before the colon': (name, value, odd) => `${name}${odd}: ${value}\r\n`,
  'for the colon': (name, value, odd) => `${name}${odd}${value}\r\n`,
  'for the blank': (name, value, odd) => `${name}:${odd}${value}\r\n`,
  'before the value': (name, value, odd) => `${name}: ${odd}${value}\r\n`,
  'in the value': (name, value, odd) => `${name}: ${value.slice(0, 4)}${odd}${value.slice(4)}\r\n`,
  'after the value': (name, value, odd) => `${name}: ${value}${odd}\r\n`,
  'after the value and a blank': (name, value, odd) => `${name}: ${value} ${odd}\r\n`,
  'for the CR': (name, value, odd) => `${name}: ${value}${odd}\n`,
  'between CR and LF': (name, value, odd) => `${name}: ${value}\r${odd}\n`,
  'for the LF': (name, value, odd) => `${name}: ${value}\r${odd}`,
  'for the line end before it': (name, value, odd) => `X-A: b${odd}${name}: ${value}\r\n`,
  'after a CR for the line end before it': (name, value, odd) =>
    `X-A: b\r${odd}${name}: ${value}\r\n`,
  'in a folded line': (name, value, odd) => `${name}:\r\n${odd}${value}\r\n`,
};

/** The bytes that parsers treat in some way of their own; the quick suite takes these alone. */
const TELLING = [0, 1, 9, 10, 11, 12, 13, 32, 34, 44, 58, 59, 92, 95, 127, 128, 133, 160, 255];

/**
 * Every byte at every place of the two fields that frame a message, in messages that mean one thing with the
 * field and another without it.
 *
 * @param quick takes telling bytes alone
 */
export function* oddBytes(quick: boolean): Generator<RequestCase> {
  const bytes = quick ? TELLING : Array.from({ length: 256 }, (_, i) => i);
  for (const code of bytes) {
    const odd = String.fromCharCode(code);
    const label = `0x${code.toString(16).padStart(2, '0')}`;
    for (const [place, line] of Object.entries(PLACES)) {
      const coding = line(...CODING, odd);
      const length = line(...LENGTH, odd);
      const name = `${label} ${place}`;
      yield { group: 'odd coding, length covers', name, bytes: lengthCovers(coding) };
      yield { group: 'odd coding, chunks cover', name, bytes: chunksCover(coding) };
      yield { group: 'odd coding alone', name, bytes: chunksCover(coding, '') };
      yield { group: 'odd length alone', name, bytes: lengthCovers('', length) };
      yield {
        group: 'odd length beside coding',
        name,
        bytes: chunksCover('Transfer-Encoding: chunked\r\n', length),
      };
    }
    yield* oddElsewhere(odd, label);
  }
}

function* oddElsewhere(odd: string, label: string): Generator<RequestCase> {
  const head = (line: string): string => `${line}\r\n${HOST}\r\n`;
  const group = 'odd request line';
  yield { group, name: `${label} before the method`, bytes: head(`${odd}GET /case HTTP/1.1`) };
  yield { group, name: `${label} in the method`, bytes: head(`GE${odd}T /case HTTP/1.1`) };
  yield { group, name: `${label} for a blank`, bytes: head(`GET${odd}/case HTTP/1.1`) };
  yield { group, name: `${label} in the target`, bytes: head(`GET /ca${odd}se HTTP/1.1`) };
  yield { group, name: `${label} before the version`, bytes: head(`GET /case${odd}HTTP/1.1`) };
  yield { group, name: `${label} in the version`, bytes: head(`GET /case HTTP/1${odd}1`) };
  yield { group, name: `${label} after the version`, bytes: head(`GET /case HTTP/1.1${odd}`) };
  const chunked = (body: string): string =>
    request('POST /case', 'Transfer-Encoding: chunked\r\n', body);
  const chunk = 'odd chunk';
  const end = `\r\n0\r\n\r\n${AFTER}`;
  yield { group: chunk, name: `${label} before the size`, bytes: chunked(`${odd}3\r\nabc${end}`) };
  yield { group: chunk, name: `${label} after the size`, bytes: chunked(`3${odd}\r\nabc${end}`) };
  yield { group: chunk, name: `${label} for the CR`, bytes: chunked(`3${odd}\nabc${end}`) };
  yield { group: chunk, name: `${label} for the LF`, bytes: chunked(`3\r${odd}abc${end}`) };
  yield {
    group: chunk,
    name: `${label} in an extension`,
    bytes: chunked(`3;a${odd}b\r\nabc${end}`),
  };
  yield {
    group: chunk,
    name: `${label} in a quoted one`,
    bytes: chunked(`3;a="${odd}"\r\nabc${end}`),
  };
  yield { group: chunk, name: `${label} after the data`, bytes: chunked(`3\r\nabc${odd}${end}`) };
  yield {
    group: chunk,
    name: `${label} for its CRLF`,
    bytes: chunked(`3\r\nabc${odd}0\r\n\r\n${AFTER}`),
  };
  yield {
    group: chunk,
    name: `${label} after the last`,
    bytes: chunked(`3\r\nabc\r\n0${odd}\r\n\r\n`),
  };
  yield {
    group: chunk,
    name: `${label} as a trailer`,
    bytes: chunked(`3\r\nabc\r\n0\r\n${odd}\r\n\r\n`),
  };
}
