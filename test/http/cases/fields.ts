import {
  CRLF,
  HOST,
  request,
  SMUGGLED,
  type RequestCase,
  type SeenRequest,
} from './request-case.js';

const absent =
  (...names: string[]) =>
  ({ fields }: SeenRequest): string | undefined => {
    const found = names.find((name) => fields.has(name));
    return found === undefined ? undefined : `${found} reached the engine`;
  };

const kept =
  (name: string, ...values: string[]) =>
  ({ fields }: SeenRequest): string | undefined =>
    fields.get(name)?.join('|') === values.join('|')
      ? undefined
      : `${name} became ${fields.get(name)?.join('|')}`;

const all =
  (...checks: ((seen: SeenRequest) => string | undefined)[]) =>
  (seen: SeenRequest): string | undefined =>
    checks.map((check) => check(seen)).find((wrong) => wrong !== undefined);

interface Row {
  readonly lines: string;
  readonly check: (seen: SeenRequest) => string | undefined;
  readonly body?: string;
}

/** Fields of one connection stay on it, all others arrive (RFC 9110 §7.6.1). */
const PASSED: Readonly<Record<string, Row>> = {
  'a field that Connection lists': {
    lines: 'Connection: keep-alive, X-Own\r\nX-Own: 1\r\nX-Else: 2\r\n',
    check: all(absent('x-own'), kept('x-else', '2')),
  },
  'listed in other case, over two lines': {
    lines: 'Connection: A\r\nconnection: ,x-OWN ,\r\na: 1\r\nX-Own: 1\r\n',
    check: absent('x-own', 'a'),
  },
  'hop-by-hop fields': {
    lines: 'Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\n',
    check: absent('keep-alive', 'proxy-connection', 'te'),
  },
  'credentials listed in Connection are the client’s loss': {
    lines: 'Authorization: Bearer x\r\nX-Api-Key: y\r\n',
    check: all(kept('authorization', 'Bearer x'), kept('x-api-key', 'y')),
  },
  h2c: {
    lines:
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
    check: absent('upgrade', 'http2-settings'),
  },
  'h2c that Connection does not list': { lines: 'Upgrade: h2c\r\n', check: absent('upgrade') },
  'h2c among others': {
    lines: 'Connection: upgrade\r\nUpgrade: foo, h2c\r\n',
    check: ({ fields }) =>
      /h2c/.test(fields.get('upgrade')?.join() ?? '') ? 'h2c reached the engine' : undefined,
  },
  'names of objects': {
    lines: '__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\ntoString: d\r\n',
    check: all(kept('constructor', 'b'), kept('__proto__', 'a')),
  },
  'repeated fields': {
    lines: 'X-A: 1\r\nX-A: 2\r\n',
    check: ({ fields }) =>
      fields.get('x-a')?.join(',').replace(/ /g, '') === '1,2' ? undefined : 'x-a changed',
  },
  'bytes above ASCII in a value': { lines: 'X-A: caf\xe9\r\n', check: kept('x-a', 'caf\xe9') },
  'an empty value': { lines: 'X-A:\r\n', check: kept('x-a', '') },
  'blanks and tabs around a value': { lines: 'X-A: \t b \t\r\n', check: kept('x-a', 'b') },
  'a length of zero': {
    lines: 'Content-Length: 0\r\n',
    check: ({ fields }) => (fields.has('transfer-encoding') ? 'a coding was added' : undefined),
  },
  'no body': { lines: '', check: absent('transfer-encoding') },
  trailers: {
    lines: 'Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n',
    body: '3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n',
    check: (seen) => (seen.body === 'abc' ? absent('x-sum')(seen) : 'the body changed'),
  },
  'Expect with the body at once': {
    lines: 'Expect: 100-continue\r\nContent-Length: 3\r\n',
    body: 'abc',
    check: (seen) => (seen.body === 'abc' ? undefined : 'the body changed'),
  },
  'a line of 64 KiB': { lines: `X-Long: ${'v'.repeat(65_536)}\r\n`, check: () => undefined },
  '200 lines': {
    lines: Array.from({ length: 200 }, (_, i) => `X-${i}: ${i}\r\n`).join(''),
    check: kept('x-199', '199'),
  },
};

/** Fields, 1xx, upgrades, trailers and pipelining. */
export function* fieldCases(): Generator<RequestCase> {
  for (const [name, { lines, check, body }] of Object.entries(PASSED)) {
    const method = body === undefined && name !== 'a length of zero' ? 'GET' : 'POST';
    const bytes = request(`${method} /case`, lines, body ?? '');
    yield { group: 'fields', must: 'pass', name, bytes, arrived: check };
  }
  const upgrade = 'Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n';
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
  yield {
    ...{ group: 'upgrade', name: 'h2c with a preface behind it' },
    bytes: request('GET /case', upgrade) + preface,
    answered: (received) => (received.includes(' 101 ') ? 'h2c was accepted' : undefined),
  };
  yield {
    group: 'upgrade',
    name: 'h2c with a body',
    bytes: request('POST /case', `${upgrade}Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED),
  };
  yield {
    group: 'upgrade',
    name: 'websocket that the engine does not want',
    bytes: request('GET /case', 'Connection: Upgrade\r\nUpgrade: websocket\r\n') + SMUGGLED,
  };
  yield {
    group: 'expect',
    must: 'refuse',
    name: 'an unknown expectation',
    bytes: request('POST /case', 'Expect: nonsense\r\nContent-Length: 3\r\n', 'abc'),
  };
  yield {
    group: 'expect',
    name: 'Expect without a body',
    bytes: request('GET /case', 'Expect: 100-continue\r\n'),
  };
  yield {
    group: 'expect',
    name: 'Expect in HTTP/1.0',
    bytes: `POST /case HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`,
  };
  const get = request('GET /case', '');
  const post = request('POST /case', 'Content-Length: 3\r\n', 'abc');
  const chunks = request('POST /case', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n');
  yield { group: 'pipelining', name: 'two GET', bytes: get + get };
  yield {
    group: 'pipelining',
    name: 'ten of all kinds',
    bytes: (get + post + chunks).repeat(3) + request('HEAD /case', ''),
  };
  yield {
    group: 'pipelining',
    name: 'garbage behind two requests',
    bytes: `${get}${post}garbage\r\n\r\n`,
    answered: (received) =>
      received.split('HTTP/1.1 200').length === 3 ? undefined : 'two requests are owed an answer',
  };
  yield { group: 'pipelining', name: 'garbage behind a request', bytes: `${get}garbage\r\n\r\n` };
  yield {
    group: 'pipelining',
    name: 'a request behind Connection: close',
    bytes: request('GET /case', 'Connection: close\r\n') + SMUGGLED,
  };
  yield {
    group: 'pipelining',
    name: 'a request behind HTTP/1.0',
    bytes: `GET /case HTTP/1.0\r\n${HOST}\r\n${SMUGGLED}`,
  };
  yield {
    group: 'pipelining',
    name: 'a request behind a refused one',
    bytes: `GET /case HTTP/1.1\r\nHost : x\r\n\r\n${SMUGGLED}`,
  };
  yield {
    group: 'pipelining',
    name: 'a request behind CONNECT',
    bytes: `CONNECT engine.test:80 HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`,
  };
  yield {
    group: 'pipelining',
    name: 'a request behind TRACE with a body',
    bytes: `TRACE /case HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
  };
  yield {
    group: 'size',
    must: 'refuse',
    name: 'a head above 1 MiB',
    bytes: request('GET /case', `X-A: ${'v'.repeat(1_100_000)}\r\n`),
  };
  yield {
    group: 'size',
    must: 'refuse',
    name: '60,000 lines',
    bytes: request('GET /case', `X-A: v${CRLF}`.repeat(60_000)),
  };
  yield {
    group: 'size',
    must: 'refuse',
    name: 'a name of 100 KB',
    bytes: request('GET /case', `${'n'.repeat(100_000)}: v\r\n`),
  };
  yield {
    group: 'size',
    name: 'a target of 1 MB',
    bytes: request(`GET /${'t'.repeat(1_000_000)}`, ''),
  };
}
