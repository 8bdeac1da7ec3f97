import { describe, expect, it } from '@jest/globals';
import type { RequestCase } from './cases/request-case.js';
import { judge, probeBytes, type Evidence } from './judge.js';
import { readRequests } from './wire/request-reader.js';

const HOST = 'Host: x\r\n';
const GET = `GET /case HTTP/1.1\r\n${HOST}\r\n`;
const MALFORMED = `GET /case HTTP/1.1\r\nHost : x\r\n\r\n`;
const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

const REFUSED = 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n';
const answer = (echo: string): string =>
  `HTTP/1.1 200 OK\r\nX-Probe-Echo: ${echo}\r\nContent-Length: 2\r\n\r\nok`;
const caseOf = (bytes: string): RequestCase => ({ group: 'g', name: 'n', bytes });

/** A case that went well: both probes got their answers, and the engine received `arrived`. */
function evidence(bytes: string, arrived: string, changes: Partial<Evidence> = {}): Evidence {
  return {
    ...{ probeA: 'a', probeB: 'b', sent: bytes + probeBytes('a'), closed: false },
    ...{ received: answer('') + answer('a'), problems: [], otherExtra: false },
    arrived: readRequests(arrived + probeBytes('b')).requests,
    other: { status: 200, fields: [['X-Probe-Echo', 'b']], body: 'ok', complete: true },
    ...changes,
  };
}

describe(judge.name, () => {
  it('finds nothing where all that was sent arrived once', () => {
    expect(judge(caseOf(GET), evidence(GET, GET + probeBytes('a'))).verdict).toBe('ok');
  });

  it.each([
    [
      'the engine received what was hidden',
      evidence(MALFORMED + SMUGGLED, SMUGGLED, { received: REFUSED }),
    ],
    ['the engine received it twice', evidence(GET, GET + GET)],
    ['the engine received a malformed message', evidence(GET, GET, { problems: ['bare LF'] })],
    ['another client got nothing', evidence(GET, GET, { other: undefined })],
    ['another client got two answers', evidence(GET, GET, { otherExtra: true })],
    ['the client got answers to nothing', evidence(GET, GET, { received: answer('').repeat(5) })],
    ['the client got garbage', evidence(GET, GET, { received: 'garbage\r\n\r\n' })],
  ])('calls it a violation when %s', (_, seen) => {
    expect(judge(caseOf(seen.sent), seen).verdict).toBe('violation');
  });

  it('tells leniency and strictness from harm', () => {
    const lenient = evidence(MALFORMED, GET, { received: REFUSED });
    expect(judge(caseOf(MALFORMED), lenient).verdict).toBe('lenient');
    const strict = evidence(GET, '', { received: REFUSED, closed: true });
    expect(judge(caseOf(GET), strict).verdict).toBe('strict');
    expect(judge({ ...caseOf(GET), must: 'refuse' }, strict).verdict).toBe('ok');
    expect(judge({ ...caseOf(GET), must: 'pass' }, strict).verdict).toBe('failed');
  });
});
