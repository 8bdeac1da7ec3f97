import { describe, expect, it } from '@jest/globals';
import { originForm, refusalOf, type RequestHead } from './request-head.js';

const head = (
  headers: readonly string[] = ['Host', 'a.test'],
  rest: Partial<RequestHead> = {},
): RequestHead => ({
  method: 'POST',
  url: '/v1/models?a=b',
  httpVersion: '1.1',
  rawHeaders: headers,
  ...rest,
});

const statusOf = (given: RequestHead): number | undefined => refusalOf(given)?.status;

describe(refusalOf.name, () => {
  it.each([
    'a',
    'a.test',
    'a_b-c.test:8000',
    'a.test:',
    '10.0.0.1:65535',
    '[::1]',
    '[fe80::1%25eth0]:80',
  ])('lets the host %s through', (host) => {
    expect(refusalOf(head(['hOsT', host]))).toBeUndefined();
  });

  it.each([
    '',
    'user@a.test',
    'a.test/path',
    'a.test, b.test',
    'a b',
    'a?b',
    'a:port',
    'a:65536',
    'a:123456',
    ':80',
    '[::1',
    '[::1]x',
    '[]',
    '[gg::1]',
    'a\\b',
    'é',
    'a:1:2',
  ])('refuses the host %j', (host) => {
    expect(refusalOf(head(['Host', host]))).toMatchObject({ status: 400, close: true });
  });

  it('wants exactly one Host in HTTP/1.1, and does without in HTTP/1.0', () => {
    expect(statusOf(head([]))).toBe(400);
    expect(statusOf(head(['Host', 'a', 'X', 'y', 'host', 'a']))).toBe(400);
    expect(statusOf(head([], { httpVersion: '1.0' }))).toBeUndefined();
    expect(statusOf(head(['Host', 'a', 'Host', 'a'], { httpVersion: '1.0' }))).toBe(400);
  });

  it.each([
    [['Content-Length', '5', 'content-length', '5']],
    [['Content-Length', '5', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'chunked', 'Content-Length', '5']],
    [['Transfer-Encoding', 'gzip, chunked']],
    [['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked']],
    [['Transfer-Encoding', 'identity']],
    [['Transfer-Encoding', '']],
    [['Content-Length', '+5']],
    [['Content-Length', '005']],
    [['Content-Length', '5, 5']],
    [['Content-Length', '']],
    [['Content-Length', '0x5']],
    [['Content-Length', '99999999999999999']],
  ])('refuses the framing %j', (lines) => {
    expect(refusalOf(head(['Host', 'a', ...lines]))).toMatchObject({ status: 400, close: true });
  });

  it('lets each sound framing through', () => {
    expect(refusalOf(head(['Host', 'a', 'Content-Length', '0']))).toBeUndefined();
    expect(refusalOf(head(['Host', 'a', 'transfer-encoding', 'Chunked']))).toBeUndefined();
  });

  it('refuses chunked bodies and unknown versions', () => {
    const chunked = ['Host', 'a', 'Transfer-Encoding', 'chunked'];
    expect(statusOf(head(chunked, { httpVersion: '1.0' }))).toBe(400);
    expect(statusOf(head(undefined, { httpVersion: '2.0' }))).toBe(505);
  });

  it('knows one expectation, and none in HTTP/1.0', () => {
    expect(statusOf(head(['Host', 'a', 'Expect', '100-Continue']))).toBeUndefined();
    expect(statusOf(head(['Host', 'a', 'Expect', '100-continue, more']))).toBe(417);
    expect(statusOf(head(['Host', 'a', 'Expect', 'miracles']))).toBe(417);
    expect(statusOf(head(['Expect', 'miracles'], { httpVersion: '1.0' }))).toBeUndefined();
  });

  it('bounds what the size of the head does not', () => {
    const many = Array.from({ length: 8_001 }, () => ['x', 'y']).flat();
    expect(statusOf(head(many))).toBe(431);
    expect(statusOf(head(['Host', 'a', 'n'.repeat(9_000), 'v']))).toBe(431);
    expect(statusOf(head(['Host', 'a', 'n', 'v'.repeat(256 * 1024)]))).toBeUndefined();
    expect(statusOf(head(undefined, { url: `/${'u'.repeat(65_536)}` }))).toBe(414);
  });

  it.each(['TRACE', 'CONNECT'])('refuses %s with 405', (method) => {
    expect(statusOf(head(undefined, { method }))).toBe(405);
  });

  it.each([
    ['OPTIONS', '*', undefined],
    ['GET', '*', 400],
    ['GET', '/a#b', 400],
    ['GET', '//a/../b%zz?', undefined],
    ['GET', 'http://a.test/x', undefined],
    ['GET', 'HTTP://A.test/x', undefined],
    ['GET', 'http://b.test/x', 400],
    ['GET', 'http://u@a.test/x', 400],
    ['GET', 'ftp://a.test/x', 400],
    ['GET', 'http:///x', 400],
    ['GET', 'a.test:80', 400],
  ])('judges the target of %s %s', (method, url, status) => {
    expect(statusOf(head(undefined, { method, url }))).toBe(status);
  });
});

describe(originForm.name, () => {
  it.each([
    ['/a//b?c%zz', '/a//b?c%zz'],
    ['*', '*'],
    ['http://a/b?c', '/b?c'],
    ['https://a:1', '/'],
    ['http://a?q', '/?q'],
    ['http://a//b', '//b'],
  ])('makes %s into %s', (target, expected) => {
    expect(originForm(target)).toBe(expected);
  });
});
