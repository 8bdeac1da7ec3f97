import { answer, chunked, FOREIGN, OK, sized, type AnswerCase } from './answer-case.js';

type Row = readonly [name: string, bytes: string, then?: AnswerCase['then']];

/** Whatever two parsers may read in two ways. */
function malformed(body: string): Row[] {
  const length = `Content-Length: ${body.length}\r\n`;
  const coding = 'Transfer-Encoding: chunked\r\n';
  const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  return [
    ['two lengths', answer(`${length}Content-Length: 3\r\n`, body)],
    ['two equal lengths', answer(length + length, body)],
    ['a list of lengths', answer(`Content-Length: ${body.length}, ${body.length}\r\n`, body)],
    ...['+1', '-1', '0x1', '1 1', 'a', '', '1.0', '99999999999999999999', '٣'].map((value): Row => [
      `length ${JSON.stringify(value)}`,
      answer(`Content-Length: ${value}\r\n`, body),
    ]),
    ['a length beside chunks', answer(length + coding, chunk)],
    ['chunks beside a length', answer(coding + length, chunk)],
    ['two codings', answer(coding + coding, chunk)],
    ...[
      'gzip, chunked',
      'identity',
      'chunked, gzip',
      'xchunked',
      'chunked, chunked',
      ', chunked',
      '',
    ].map((value): Row => [
      `coding ${JSON.stringify(value)}`,
      answer(`Transfer-Encoding: ${value}\r\n`, chunk),
    ]),
    ['chunks in HTTP/1.0', `HTTP/1.0 200 OK\r\n${coding}\r\n${chunk}`],
    ['bare LF everywhere', sized(body).replaceAll('\r\n', '\n')],
    ['a bare LF', answer(`X: y\n${length}`, body)],
    ['a bare CR', answer(`X: y\rZ: a\r\n${length}`, body)],
    ['NUL', answer(`X: a\0b\r\n${length}`, body)],
    ['a control byte', answer(`X: a\x01b\r\n${length}`, body)],
    ['a folded line', answer(`X: y\r\n ${length}`, body)],
    ['a folded length', answer(`Content-Length:\r\n ${body.length}\r\n`, body)],
    ['a blank before the colon', answer(`Content-Length : ${body.length}\r\n`, body)],
    ['a blank before a name', answer(` ${length}`, body)],
    ['no colon', answer(`nonsense\r\n${length}`, body)],
    ['an empty name', answer(`: x\r\n${length}`, body)],
    ...[
      'HTTP/2.0 200 OK',
      'HTTP/1.1 20 OK',
      'HTTP/1.1 2000 OK',
      'HTTP/1.1  200 OK',
      'http/1.1 200 OK',
      'HTTP/1.1 OK',
      'ICY 200 OK',
      'HTTP/1.1 0 OK',
      '200 OK',
      'HTTP/1.1 200 O\0K',
      '',
    ].map((line): Row => [
      `status line ${JSON.stringify(line)}`,
      `${line}\r\n${length}\r\n${body}`,
    ]),
    ['no HTTP', body, 'fin'],
    [
      'unasked 101',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    ],
    ['1,000 times 100 and nothing', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(1000)],
    ['a head of 2 MiB', answer(`X: ${'v'.repeat(2 << 20)}\r\n${length}`, body)],
    ['a head that never ends', `${OK}${'X: y\r\n'.repeat(300_000)}`],
  ];
}

function badChunks(body: string): Row[] {
  const size = body.length.toString(16);
  const coded = (text: string): string => answer('Transfer-Encoding: chunked\r\n', text);
  const bad = ['0x', '+', '-', ' ', '_', '"', '\0', 'g', '00000000000000000'];
  return [
    ...bad.map((odd): Row => [
      `${JSON.stringify(odd)} before the size`,
      coded(`${odd}${size}\r\n${body}\r\n0\r\n\r\n`),
    ]),
    ...[' ', '_', 'x', ',', '\0', ';=', '; a b', ';a="'].map((odd): Row => [
      `${JSON.stringify(odd)} after the size`,
      coded(`${size}${odd}\r\n${body}\r\n0\r\n\r\n`),
    ]),
    ['no size', coded(`\r\n${body}\r\n0\r\n\r\n`)],
    ['an overflow', coded(`ffffffffffffffff${size}\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk longer than its size', coded(`1\r\n${body}\r\n0\r\n\r\n`)],
    ['bare LF', coded(`${size}\n${body}\n0\n\n`)],
    ['LF behind the data', coded(`${size}\r\n${body}\n0\r\n\r\n`)],
    ['garbage for the last chunk', coded(`${size}\r\n${body}\r\nxyz\r\n\r\n`)],
    ['a malformed trailer', chunked(body, '0\r\nno colon\r\n\r\n')],
    ['a trailer with NUL', chunked(body, '0\r\nA: \0\r\n\r\n')],
  ];
}

function sound(body: string): Row[] {
  const slow = [...sized(body)].join('\u0100');
  return [
    ['with a length', sized(body)],
    ['in chunks', chunked(body)],
    [
      'in chunks with extensions',
      answer(
        'Transfer-Encoding: chunked\r\n',
        `${body.length.toString(16)};a="b;c"\r\n${body}\r\n0;x\r\n\r\n`,
      ),
    ],
    ['in chunks with trailers', chunked(body, '0\r\nX-Sum: 1\r\n\r\n')],
    ['until the close', `${OK}\r\n${body}`, 'fin'],
    ['until the close in HTTP/1.0', `HTTP/1.0 200 OK\r\n\r\n${body}`, 'fin'],
    ['without a reason', answer(`Content-Length: ${body.length}\r\n`, body, '200 ')],
    [
      'behind 1xx',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${sized(body)}`,
    ],
    ['byte by byte', slow],
    ['with a head of 200 KiB', sized(body, `X-Long: ${'v'.repeat(200 << 10)}\r\n`)],
    ['with Connection: close', sized(body, 'Connection: close\r\n'), 'fin'],
  ];
}

/** Answers of which bytes are left when they are over: nobody else may get them. */
function* surplus(body: string): Generator<AnswerCase> {
  const group = 'bytes behind the answer';
  const whole: Readonly<Record<string, readonly [string, 'GET' | 'HEAD']>> = {
    'with a length': [sized(body), 'GET'],
    'in chunks': [chunked(body), 'GET'],
    'to HEAD': [answer(`Content-Length: ${FOREIGN.length}\r\n`, ''), 'HEAD'],
    '204': [answer(`Content-Length: ${FOREIGN.length}\r\n`, '', '204 No Content'), 'GET'],
    '304': [answer(`Content-Length: ${FOREIGN.length}\r\n`, '', '304 Not Modified'), 'GET'],
    'of no length': [sized(''), 'GET'],
  };
  for (const [name, [bytes, method]] of Object.entries(whole)) {
    const common = { group, method, then: 'keep', expect: 'either' } as const;
    yield { ...common, name: `${name}, at once`, pieces: [bytes + FOREIGN] };
    for (const gapMs of [1, 5, 40]) {
      yield { ...common, name: `${name}, after ${gapMs} ms`, pieces: [bytes, FOREIGN], gapMs };
      yield {
        ...common,
        name: `${name}, and CRLF, after ${gapMs} ms`,
        pieces: [bytes, '\r\n', FOREIGN],
        gapMs,
      };
    }
    yield {
      ...common,
      name: `${name}, part of one`,
      pieces: [bytes + FOREIGN.slice(0, 20), FOREIGN.slice(20)],
      gapMs: 3,
    };
  }
}

/** Answers that end before they are whole. */
function* truncated(body: string, quick: boolean): Generator<AnswerCase> {
  const forms = {
    'with a length': sized(body),
    'in chunks': chunked(body, '0\r\nX-Sum: 1\r\n\r\n'),
  };
  for (const [form, bytes] of Object.entries(forms)) {
    for (let cut = 0; cut < bytes.length; cut += quick ? 13 : 1) {
      for (const then of ['fin', 'rst'] as const) {
        const name = `${form}, ${then} after ${cut} bytes`;
        yield {
          group: 'an answer cut short',
          name,
          pieces: [bytes.slice(0, cut)],
          then,
          expect: 'broken',
        };
      }
    }
  }
  const open = `${OK}\r\n${body}`;
  yield {
    group: 'an answer cut short',
    name: 'until the close, rst',
    pieces: [open, body],
    gapMs: 20,
    then: 'rst',
    expect: 'broken',
  };
}

function* oddAnswers(body: string, quick: boolean): Generator<AnswerCase> {
  const hidden = `${body}${FOREIGN}`;
  for (let code = 0; code < 256; code += quick ? 17 : 1) {
    const odd = String.fromCharCode(code);
    const label = `0x${code.toString(16).padStart(2, '0')}`;
    const length = `Content-Length: ${hidden.length}\r\n`;
    const chunk = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n${FOREIGN}`;
    const rows: Record<string, string> = {
      'before the length': answer(`${odd}Content-Length: ${body.length}\r\n`, hidden),
      'behind the length': answer(`Content-Length: ${body.length}${odd}\r\n`, hidden),
      'in the coding’s name': answer(`Transfer${odd}Encoding: chunked\r\n${length}`, chunk),
      'behind the coding’s name': answer(`Transfer-Encoding${odd}: chunked\r\n${length}`, chunk),
      'before the coding': answer(`Transfer-Encoding: ${odd}chunked\r\n${length}`, chunk),
      'behind the coding': answer(`Transfer-Encoding: chunked${odd}\r\n${length}`, chunk),
      'for a line end': answer(`X: y${odd}Transfer-Encoding: chunked\r\n${length}`, chunk),
    };
    for (const [place, bytes] of Object.entries(rows)) {
      yield {
        group: 'odd bytes in an answer',
        name: `${label} ${place}`,
        pieces: [bytes],
        then: 'keep',
        expect: 'either',
      };
    }
  }
}

/**
 * What an engine may answer with, sound and hostile.
 *
 * @param body of a whole answer
 */
export function* answerCases(body: string, quick: boolean): Generator<AnswerCase> {
  const table = function* (
    group: string,
    expect: AnswerCase['expect'],
    rows: Row[],
  ): Generator<AnswerCase> {
    for (const [name, bytes, then = 'keep'] of rows) {
      const slow = bytes.includes('\u0100');
      const pieces = slow ? bytes.split('\u0100') : [bytes];
      yield { group, name, pieces, then, expect, ...(slow ? { gapMs: 1 } : {}) };
    }
  };
  yield* table('a sound answer', 'whole', sound(body));
  yield* table('a malformed answer', 'refused', malformed(body));
  yield* table('malformed chunks', 'refused', badChunks(body));
  yield* surplus(body);
  yield* truncated(body, quick);
  yield* oddAnswers(body, quick);
}
