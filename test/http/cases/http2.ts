import type { Fields } from '../client/http2-frames.js';
import { SMUGGLED } from './request-case.js';

/** A request over HTTP/2 that becomes one over HTTP/1.1 on its way. */
export interface Http2Case {
  readonly group: string;
  readonly name: string;
  readonly fields: Fields;
  readonly body?: string;
  readonly trailers?: Fields;
  /** `refuse`: nothing may reach the engine. `pass`: it must. */
  readonly must?: 'refuse' | 'pass';
}

const AUTHORITY = [':authority', 'engine.test'] as const;
const SCHEME = [':scheme', 'https'] as const;

function head(changes: Record<string, string>, ...more: Fields): Fields {
  const pseudo = { ':method': 'POST', ':path': '/case', ...changes };
  return [...Object.entries(pseudo), SCHEME, AUTHORITY, ...more];
}

const post = (...more: Fields): Fields => head({}, ...more);
const INJECTED = `a\r\nX-B: c\r\n\r\n${SMUGGLED}`;

type Row = readonly [name: string, fields: Fields, body?: string, trailers?: Fields];

const REFUSED: readonly Row[] = [
  ['a length below the body’s', post(['content-length', '4']), `PING${SMUGGLED}`],
  ['two lengths', post(['content-length', '4'], ['content-length', '9']), 'PING'],
  ['a signed length', post(['content-length', '+4']), 'PING'],
  ['a list of lengths', post(['content-length', '4, 4']), 'PING'],
  ['chunked', post(['transfer-encoding', 'chunked']), `0\r\n\r\n${SMUGGLED}`],
  ['chunked in capitals', post(['Transfer-Encoding', 'chunked']), `0\r\n\r\n${SMUGGLED}`],
  ['a request in a value', post(['x-a', INJECTED])],
  ['a request in a name', post([`x-a: b\r\n\r\n${SMUGGLED}x`, 'y'])],
  ['a line in a name', post(['x-a: b\r\ntransfer-encoding', 'chunked']), `0\r\n\r\n${SMUGGLED}`],
  ['LF in a value', post(['x-a', 'b\nTransfer-Encoding: chunked']), `0\r\n\r\n${SMUGGLED}`],
  ['CR in a value', post(['x-a', 'b\rTransfer-Encoding: chunked'])],
  ['NUL in a value', post(['x-a', 'b\0c'])],
  ['a colon in a name', post(['x-a:b', 'c'])],
  ['a blank in a name', post(['x a', 'c'])],
  ['an empty name', post(['', 'c'])],
  ['a name in capitals', post(['X-A', 'c'])],
  ['a request in the path', head({ ':path': `/case HTTP/1.1\r\nHost: x\r\n\r\n${SMUGGLED}` })],
  ['a blank in the path', head({ ':path': '/ca se' })],
  ['an empty path', head({ ':path': '' })],
  ['a path without a slash', head({ ':path': 'case' })],
  ['a request in the method', head({ ':method': `GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\nGET` })],
  ['a blank in the method', head({ ':method': 'GET /smuggled' })],
  ['CONNECT', head({ ':method': 'CONNECT' })],
  ['TRACE', head({ ':method': 'TRACE' })],
  ['an extended CONNECT', head({ ':method': 'CONNECT', ':protocol': 'websocket' })],
  ['no method', [[':path', '/case'], SCHEME, AUTHORITY]],
  ['no path', [[':method', 'GET'], SCHEME, AUTHORITY]],
  ['two paths', head({}, [':path', '/smuggled'])],
  ['an unknown pseudo field', post([':x', 'y'])],
  ['a pseudo field behind others', [['x-a', 'b'], ...post()]],
  ['another Host', post(['host', 'other.test'])],
  ['two Hosts', post(['host', 'engine.test'], ['host', 'engine.test'])],
  [
    'an authority with a path',
    [[':method', 'GET'], [':path', '/case'], SCHEME, [':authority', 'x/y']],
  ],
  [
    'an authority with a line',
    [[':method', 'GET'], [':path', '/case'], SCHEME, [':authority', INJECTED]],
  ],
  [
    'an authority with userinfo',
    [[':method', 'GET'], [':path', '/case'], SCHEME, [':authority', 'u@x']],
  ],
  ['Connection', post(['connection', 'x-a'], ['x-a', 'b'])],
  ['Upgrade', post(['upgrade', 'h2c'])],
  ['Keep-Alive', post(['keep-alive', 'timeout=5'])],
];

const EITHER: readonly Row[] = [
  ['a length of zero before a body', post(['content-length', '0']), SMUGGLED],
  ['a length above the body’s', post(['content-length', '900']), 'PING'],
  ['TE', post(['te', 'gzip'])],
  ['Expect', post(['expect', '100-continue']), 'abc'],
  ['an unknown expectation', post(['expect', 'x']), 'abc'],
  ['a pseudo field among trailers', post(), 'abc', [[':path', '/smuggled']]],
  ['a length among trailers', post(), 'abc', [['content-length', '900']]],
  ['a request in a trailer', post(), 'abc', [['x-a', INJECTED]]],
  ['a request in a trailer’s name', post(), 'abc', [[`x: y\r\n\r\n${SMUGGLED}`, 'a']]],
];

const PASSED: readonly Row[] = [
  ['a body', post(['content-length', '4']), 'PING'],
  ['a body of unknown length', post(), 'PING'],
  ['no body', head({ ':method': 'GET' })],
  ['trailers', post(), 'PING', [['x-sum', '1']]],
  ['TE: trailers', post(['te', 'trailers']), 'PING'],
  ['cookies in crumbs', head({ ':method': 'GET' }, ['cookie', 'a=b'], ['cookie', 'c=d'])],
  ['a body that looks like chunks', post(['content-length', '5']), '0\r\n\r\n'],
];

/**
 * HTTP/2 has no framing to disagree about, but what it carries is written down in HTTP/1.1 for the engine: bytes
 * that mean nothing here begin a line or a request there.
 */
export function* http2Cases(quick: boolean): Generator<Http2Case> {
  const rows = function* (
    group: string,
    table: readonly Row[],
    must?: Http2Case['must'],
  ): Generator<Http2Case> {
    for (const [name, fields, body, trailers] of table) {
      yield {
        ...{ group, name, fields },
        ...(body === undefined ? {} : { body }),
        ...(trailers === undefined ? {} : { trailers }),
        ...(must === undefined ? {} : { must }),
      };
    }
  };
  yield* rows('HTTP/2: refused', REFUSED, 'refuse');
  yield* rows('HTTP/2: passed', PASSED, 'pass');
  yield* rows('HTTP/2: either', EITHER);
  for (let code = 0; code < 256; code += quick ? 5 : 1) {
    const odd = String.fromCharCode(code);
    const label = `0x${code.toString(16).padStart(2, '0')}`;
    const group = 'HTTP/2: odd bytes';
    const line = `${odd}Transfer-Encoding: chunked`;
    const body = `0\r\n\r\n${SMUGGLED}`;
    yield { group, name: `${label} in a value`, fields: post(['x-a', `b${line}`]), body };
    yield { group, name: `${label} in a name`, fields: post([`x-a${odd}b`, 'c']), body };
    yield { group, name: `${label} in the path`, fields: head({ ':path': `/ca${odd}se` }), body };
    yield {
      group,
      name: `${label} in the method`,
      fields: head({ ':method': `PO${odd}ST` }),
      body,
    };
  }
}
