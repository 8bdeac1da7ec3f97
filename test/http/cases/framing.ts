import {
  AFTER,
  chunksCover,
  CRLF,
  HOST,
  lengthCovers,
  request,
  SMUGGLED,
  type RequestCase,
} from './request-case.js';

type Row = readonly [name: string, bytes: string];

const chunked = (body: string): string =>
  request('POST /case', 'Transfer-Encoding: chunked\r\n', body);
const coding = (value: string): string => `Transfer-Encoding: ${value}\r\n`;

/** Spellings of a coding that are not `chunked` to a strict reader and may be to another one. */
const CODINGS = [
  ...['', 'identity', 'gzip', 'chunked, identity', 'identity, chunked', 'gzip, chunked'],
  ...[
    ', chunked',
    'chunked,',
    'chunked, chunked',
    'chunked;q=1',
    '"chunked"',
    'chunkedx',
    'xchunked',
  ],
  ...[
    'x chunked',
    'chunked x',
    'chunke',
    'chun ked',
    'cow',
    'CHUNKED ,',
    "'chunked'",
    'chunked\t,',
  ],
];

const LENGTHS = [
  ...[
    '',
    '+{n}',
    '-{n}',
    '{n}a',
    '0x{n}',
    '{n}.0',
    '{n},{n}',
    '{n}, {n}',
    ' {n} {n}',
    '1e1',
    '{n};',
  ],
  ...[
    '"{n}"',
    '{n}\v',
    '99999999999999999999',
    '18446744073709551616',
    '-1',
    '٣',
    '{n} x',
    '_{n}',
    '{n}_',
  ],
];

const SIZES = [
  ...[
    '0x3',
    '+3',
    '-3',
    '3_',
    '_3',
    ' 3',
    '3 ',
    '3\t',
    '3,',
    '03g',
    '3.0',
    '"3"',
    '',
    'g',
    'x',
    '3 3',
  ],
  ...['10000000000000003', 'fffffffffffffffff', '80000000000000003', '100000003 ', '3;\n', '3;\0'],
  ...['3 ;a', '3;', '3; ', '3;=b', '3;a=', '3;a="', '3;a=b c', '3;a\rb', '3\rabc'],
];

function codings(): Row[] {
  return CODINGS.flatMap((value): Row[] => [
    [`coding ${JSON.stringify(value)} alone`, chunksCover(coding(value), '')],
    [`coding ${JSON.stringify(value)} with a length`, lengthCovers(coding(value))],
    [
      `coding ${JSON.stringify(value)}, then chunked`,
      lengthCovers(coding(value) + coding('chunked')),
    ],
    [
      `chunked, then coding ${JSON.stringify(value)}`,
      lengthCovers(coding('chunked') + coding(value)),
    ],
  ]);
}

function lengths(): Row[] {
  const line = (value: string): string => `Content-Length: ${value}\r\n`;
  return LENGTHS.flatMap((value): Row[] => [
    [`length ${JSON.stringify(value)}`, lengthCovers('', line(value))],
    [
      `length ${JSON.stringify(value)}, then a sound one`,
      lengthCovers('', line(value) + line('{n}')),
    ],
    [`a sound length, then ${JSON.stringify(value)}`, lengthCovers('', line('{n}') + line(value))],
    [`length ${JSON.stringify(value)} and chunks`, chunksCover(coding('chunked'), line(value))],
  ]);
}

function chunks(): Row[] {
  const end = `\r\n0\r\n\r\n${AFTER}`;
  return [
    ...SIZES.map((size): Row => [
      `chunk size ${JSON.stringify(size)}`,
      chunked(`${size}\r\nabc${end}`),
    ]),
    ...SIZES.map((size): Row => [
      `last chunk ${JSON.stringify(size)}`,
      chunked(`3\r\nabc\r\n${size.replace(/3/g, '0')}\r\n\r\n${AFTER}`),
    ]),
    ['a chunk longer than its size', chunked(`3\r\nabcdef${end}`)],
    ['a chunk shorter than its size', chunked(`8\r\nabc${end}`)],
    ['chunks with bare LF', chunked('3\nabc\n0\n\n')],
    ['chunks with bare CR', chunked('3\rabc\r0\r\r')],
    ['a blank in front of the data', chunked(`3\r\n abc${end}`)],
    ['LF behind the data', chunked(`3\r\nabc\n0\r\n\r\n${AFTER}`)],
    ['a request as trailers', chunked(`0\r\n${AFTER}`)],
    ['a trailer with a length', chunked(`3\r\nabc\r\n0\r\nContent-Length: 50\r\n\r\n`)],
    ['a trailer with a coding', chunked(`3\r\nabc\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`)],
    ['a trailer with a blank before the colon', chunked('0\r\nA : b\r\n\r\n')],
    ['a folded trailer', chunked('0\r\nA: b\r\n c\r\n\r\n')],
    ['a trailer without a colon', chunked(`0\r\nnonsense\r\n\r\n`)],
    ['a trailer with NUL', chunked('0\r\nA: b\0\r\n\r\n')],
    ['LF for the end of the trailers', chunked('0\r\nA: b\n\n')],
    ['64 KiB of extensions', chunked(`3;${'e'.repeat(65_536)}\r\nabc\r\n0\r\n\r\n`)],
    ['20,000 extensions in all', chunked(`${'1;eeeeeee\r\na\r\n'.repeat(20_000)}0\r\n\r\n`)],
  ];
}

const LINES: readonly Row[] = [
  ['two equal lengths', lengthCovers('', 'Content-Length: {n}\r\nContent-Length: {n}\r\n')],
  ['two lengths', lengthCovers('', 'Content-Length: 4\r\nContent-Length: {n}\r\n')],
  ['a length beside chunks', lengthCovers(coding('chunked'))],
  ['chunks beside a length', chunksCover(coding('chunked'))],
  ['names in capitals', lengthCovers('TRANSFER-ENCODING: CHUNKED\r\n')],
  ['an underscore for the hyphen', lengthCovers('Transfer_Encoding: chunked\r\n')],
  ['a folded coding', lengthCovers('Transfer-Encoding:\r\n chunked\r\n')],
  ['a coding folded with a tab', lengthCovers('Transfer-Encoding:\r\n\tchunked\r\n')],
  ['a coding behind a folded line', lengthCovers('X: y\r\n Transfer-Encoding: chunked\r\n')],
  ['a name that ends in the coding’s', lengthCovers('X-Transfer-Encoding: chunked\r\n')],
  [
    'a coding in HTTP/1.0',
    `POST /case HTTP/1.0\r\n${HOST}${coding('chunked')}\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  [
    'a coding that Connection lists',
    lengthCovers(`Connection: transfer-encoding\r\n${coding('chunked')}`),
  ],
  [
    'a length that Connection lists',
    request(
      'POST /case',
      `Connection: content-length\r\nContent-Length: ${SMUGGLED.length}\r\n`,
      SMUGGLED,
    ),
  ],
  ['a Host that Connection lists', request('GET /case', 'Connection: keep-alive, host\r\n')],
  ['a folded first line', `GET /case HTTP/1.1\r\n X: y\r\n${HOST}\r\n`],
  ['bare LF everywhere', 'GET /case HTTP/1.1\nHost: engine.test\n\n'],
  ['bare CR everywhere', 'GET /case HTTP/1.1\rHost: engine.test\r\r'],
  ['LF for the empty line', `GET /case HTTP/1.1\r\n${HOST}\n`],
  ['two CR', `GET /case HTTP/1.1\r\r\n${HOST}\r\n`],
  ['an empty line with a blank', `GET /case HTTP/1.1\r\n${HOST} \r\n\r\n`],
  ['empty lines first', `\r\n\r\n\r\nGET /case HTTP/1.1\r\n${HOST}\r\n`],
  ['one LF first', `\nGET /case HTTP/1.1\r\n${HOST}\r\n`],
  ['no colon', request('GET /case', 'nonsense\r\n')],
  ['an empty name', request('GET /case', ': x\r\n')],
  ['blanks in a name', request('GET /case', 'X Y: z\r\n')],
  ['a body behind GET', request('GET /case', `Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED)],
  ['a body behind HEAD', request('HEAD /case', `Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED)],
  ['chunks behind DELETE', request('DELETE /case', coding('chunked'), `3\r\nabc\r\n0\r\n\r\n`)],
  ['a length too small', request('POST /case', 'Content-Length: 4\r\n', `PING${SMUGGLED}`)],
];

/** Messages whose end two readers may find at different places. */
export function* framingCases(): Generator<RequestCase> {
  const tables = { codings: codings(), lengths: lengths(), chunks: chunks(), lines: LINES };
  for (const [group, rows] of Object.entries(tables))
    for (const [name, bytes] of rows) yield { group: `framing: ${group}`, name, bytes };
  const must = 'refuse';
  const twice = `GET /case HTTP/1.1${CRLF}${HOST}`;
  const group = 'framing: to be refused';
  yield { group, must, name: 'two Host lines', bytes: `${twice}Host: other.test\r\n\r\n` };
  yield { group, must, name: 'two equal Host lines', bytes: `${twice}${HOST}\r\n` };
  yield { group, must, name: 'a folded line', bytes: `${twice}A: b\r\n c\r\n\r\n` };
  yield { group, must, name: 'NUL', bytes: `${twice}A: b\0c\r\n\r\n` };
  yield { group, must, name: 'a blank before the colon', bytes: `${twice}A : b\r\n\r\n` };
  yield { group, must, name: 'a bare LF', bytes: `${twice}A: b\nC: d\r\n\r\n` };
  yield { group, must, name: 'a bare CR', bytes: `${twice}A: b\rC: d\r\n\r\n` };
}
