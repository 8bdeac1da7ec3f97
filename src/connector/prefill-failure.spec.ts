import { describe, expect, it } from '@jest/globals';
import { AnswerTooLargeError } from '../proxy/answer-collector.js';
import { ExchangeEndedError } from '../proxy/exchange-ended.error.js';
import type { BufferedAnswer } from '../proxy/exchange.js';
import { UpstreamError, type UpstreamFailure } from '../proxy/upstream-error.js';
import { parseResponseHead } from '../proxy/wire/response-head.js';
import { failureOf, failureOfStatus } from './prefill-failure.js';

const answer = (status: number, fields: string[] = [], body = ''): BufferedAnswer => ({
  head: parseResponseHead([`HTTP/1.1 ${status} x`, ...fields].join('\r\n'), false),
  body: Buffer.from(body),
});

describe(failureOf.name, () => {
  it.each<[UpstreamFailure, string, number, string]>([
    ['connect', 'prefill_network', 504, 'retry'],
    ['reset', 'prefill_network', 504, 'retry'],
    ['truncated', 'prefill_network', 504, 'retry'],
    ['connect-timeout', 'prefill_timeout', 504, 'fallback'],
    ['head-timeout', 'prefill_timeout', 504, 'fallback'],
    ['tls', 'prefill_tls', 502, 'none'],
    ['protocol', 'prefill_protocol', 502, 'none'],
  ])('makes of %s %s, %d, remedy %s', (failure, code, status, remedy) => {
    const cause = new UpstreamError(failure, 'a:1');
    const result = failureOf(cause)!;
    expect(result).toMatchObject({ remedy, error: { code, cause, row: { status } } });
    expect(result.error.message).toContain('a:1');
    expect(result.error.row.message).not.toContain('a:1');
  });

  it('has no remedy for an answer that is too large', () => {
    expect(failureOf(new AnswerTooLargeError('x'))).toMatchObject({
      remedy: 'none',
      error: { code: 'prefill_answer_too_large' },
    });
  });

  it.each([[new ExchangeEndedError('x')], [new TypeError('x')], [undefined]])(
    'takes %s for no failure of the prefiller',
    (error) => {
      expect(failureOf(error)).toBeUndefined();
    },
  );
});

describe(failureOfStatus.name, () => {
  it('tells status and text of the answer, up to 64 KiB', () => {
    const { error, remedy } = failureOfStatus(answer(503, [], `h\u00e9${'x'.repeat(70_000)}`));
    expect(remedy).toBe('retry');
    expect(error).toMatchObject({ code: 'prefill_server_error', row: { status: 502 } });
    expect(error.upstream!.status).toBe(503);
    expect(error.upstream!.body.startsWith('h\u00e9x')).toBe(true);
    expect(Buffer.byteLength(error.upstream!.body)).toBe(65_536);
  });

  it.each([
    ['Retry-After: 3', 3000],
    ['retry-after: 0', 0],
    ['Retry-After: 10', 10_000],
    ['Retry-After: 3600', 10_000],
    ['Retry-After: Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Retry-After: Fri, 31 Dec 9999 23:59:59 GMT', 10_000],
  ])('honours %s', (field, milliseconds) => {
    expect(failureOfStatus(answer(503, ['X: y', field])).retryAfter).toBe(milliseconds);
  });

  it.each(['X-Retry-After: 3', 'Retry-After: soon', 'Retry-After:', 'X: retry-after'])(
    'hears no wish to wait in %s',
    (field) => {
      expect(failureOfStatus(answer(500, [field]))).not.toHaveProperty('retryAfter');
    },
  );

  it('takes a date for the time up to it', () => {
    const date = new Date(Date.now() + 5000).toUTCString();
    const { retryAfter } = failureOfStatus(answer(503, [`Retry-After: ${date}`]));
    expect(retryAfter).toBeGreaterThan(2000);
    expect(retryAfter).toBeLessThanOrEqual(5000);
  });
});
