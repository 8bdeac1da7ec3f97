import { HOST, type RequestCase } from './request-case.js';

const head = (target: string, host: string): string => `GET ${target} HTTP/1.1\r\n${host}\r\n`;

const REFUSED_HOSTS = [
  ...[
    '',
    'Host: \r\n',
    'Host: a b\r\n',
    'Host: a, b\r\n',
    'Host: u@engine.test\r\n',
    'Host: engine.test/x\r\n',
  ],
  ...[
    'Host: engine.test?x\r\n',
    'Host: engine.test#x\r\n',
    'Host: engine.test:x\r\n',
    'Host: engine.test:1:2\r\n',
  ],
  ...[
    'Host: engine.test:99999\r\n',
    'Host: [::1\r\n',
    'Host: ::1\r\n',
    'Host: [::1]x\r\n',
    'Host: a\\b\r\n',
  ],
  ...[
    'Host: http://engine.test\r\n',
    'Host: engine.test\r\nhOST: x\r\n',
    'Host: x\r\n y\r\n',
    'Host : x\r\n',
  ],
  ...[
    'Host:engine.test\x01\r\n',
    'Host: "engine.test"\r\n',
    'Host: <x>\r\n',
    'Host: \xe9.test\r\n',
  ],
];
const SOUND_HOSTS = [
  'engine.test',
  'engine.test:8000',
  '127.0.0.1:1',
  '[::1]:8000',
  '[2001:db8::1]',
  'a-b.c_d:80',
];

const REFUSED_TARGETS = [
  ...[
    'x',
    '*',
    '',
    '#',
    '/a#b',
    '/a b',
    '//\xe9',
    '/\x7f',
    '/a\tb',
    'http:///x',
    'http://',
    'ftp://engine.test/',
  ],
  ...[
    'http://u@engine.test/',
    'http://other.test/',
    '?x',
    'javascript:x',
    'engine.test:80',
    '\\x',
    '/\0',
  ],
];
/** Sound targets, which arrive byte for byte. */
const KEPT_TARGETS = [
  ...[
    '/',
    '//',
    '//x',
    '/a/../b',
    '/./x',
    '/%2e%2e/',
    '/a%2Fb',
    '/a%00b',
    '/%zz',
    '/%',
    '/A;x=1',
    '/x?',
    '/?a?b',
  ],
  ...[
    '/a//b',
    '/a|b',
    '/{a}',
    '/"x"',
    "/'",
    '/<x>',
    '/a\\b',
    '/^',
    '/[x]',
    '/@x',
    '/x:80/y',
    '/~x',
    '/a+b,c;d=e',
  ],
  ...[
    '/x?a=b&a=b&%20',
    '/http://other.test/',
    '/%0d%0aX:%20y',
    '/v1/../smuggled',
    `/${'l'.repeat(7_000)}`,
  ],
];

/** Host and request-target in all their forms (RFC 9112 §3.2). */
export function* targetCases(): Generator<RequestCase> {
  for (const host of REFUSED_HOSTS) {
    yield { group: 'Host', must: 'refuse', name: JSON.stringify(host), bytes: head('/case', host) };
  }
  for (const host of SOUND_HOSTS) {
    yield {
      ...{
        group: 'Host',
        must: 'pass' as const,
        name: host,
        bytes: head('/case', `Host: ${host}\r\n`),
      },
      arrived: ({ fields }) =>
        fields.get('host')?.join() === host
          ? undefined
          : `Host became ${fields.get('host')?.join()}`,
    };
  }
  for (const target of REFUSED_TARGETS) {
    yield {
      group: 'target',
      must: 'refuse',
      name: JSON.stringify(target),
      bytes: head(target, HOST),
    };
  }
  for (const target of KEPT_TARGETS) {
    yield {
      ...{
        group: 'target',
        must: 'pass' as const,
        name: target.slice(0, 40),
        bytes: head(target, HOST),
      },
      arrived: (seen) => (seen.target === target ? undefined : `the target became ${seen.target}`),
    };
  }
  yield { group: 'target', name: 'absolute', bytes: head('http://engine.test/case?x', HOST) };
  yield {
    group: 'target',
    name: 'absolute without a path',
    bytes: head('http://engine.test', HOST),
  };
  yield {
    group: 'target',
    name: 'asterisk with OPTIONS',
    bytes: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`,
  };
  for (const method of ['CONNECT engine.test:80', 'TRACE /case', 'CONNECT /case', 'TRACE *']) {
    const bytes = `${method} HTTP/1.1\r\n${HOST}\r\n`;
    yield { group: 'method', must: 'refuse', name: method, bytes };
  }
  for (const method of [
    'GET',
    'PUT',
    'PATCH',
    'HEAD',
    'OPTIONS',
    'PROPFIND',
    'PURGE',
    'M-SEARCH',
  ]) {
    const bytes = `${method} /case HTTP/1.1\r\n${HOST}\r\n`;
    yield { group: 'method', must: 'pass', name: method, bytes };
  }
  for (const method of ['get', 'G@T', 'GET\x01', 'PRI', 'G\tT', '(GET)', 'X'.repeat(100_000)]) {
    const bytes = `${method} /case HTTP/1.1\r\n${HOST}\r\n`;
    yield { group: 'method', name: JSON.stringify(method.slice(0, 20)), bytes };
  }
  for (const version of [
    'HTTP/0.9',
    'HTTP/1.2',
    'HTTP/1',
    'HTTP/2.0',
    'HTTP/11',
    'http/1.1',
    'HTTP/1.1x',
    'HTTP 1.1',
    'ICE/1.0',
    '',
  ]) {
    const bytes = `GET /case ${version}\r\n${HOST}\r\n`;
    yield { group: 'version', must: 'refuse', name: version, bytes };
  }
  yield { group: 'version', name: 'HTTP/1.0', bytes: `GET /case HTTP/1.0\r\n${HOST}\r\n` };
  yield { group: 'version', name: 'HTTP/1.0 without Host', bytes: 'GET /case HTTP/1.0\r\n\r\n' };
}
