import { describe, expect, it } from '@jest/globals';
import { ERRORS } from './error-table.js';
import type { ErrorRow } from './error-row.js';
import { ProxyError } from './proxy.error.js';

describe('the table of errors', () => {
  it.each(Object.entries<ErrorRow>(ERRORS))('has a sound row for %s', (code, row) => {
    expect(row.status).toBeGreaterThanOrEqual(400);
    expect(row.status).toBeLessThan(600);
    expect(row.type).toMatch(/^[A-Z][A-Za-z]+Error$/);
    expect(row.message).toMatch(/^\S.*\.$/);
    // A client's own mistake is no failure of ours.
    if (row.status < 500) expect(row.metric).toBeUndefined();
    else expect(row.metric).toBeDefined();
    // 503 says when to come back, where that can help, and so does a full queue.
    const passes = row.status === 503 ? code !== 'body_over_budget' : code === 'queue_full';
    expect(row.retryAfter !== undefined).toBe(passes);
  });
});

describe(ProxyError.name, () => {
  it('keeps what happened apart from what the client reads', () => {
    const cause = new Error('inner');
    const error = new ProxyError('bad_json', 'at byte 7', { cause });
    expect(error).toMatchObject({
      code: 'bad_json',
      message: 'at byte 7',
      cause,
      upstream: undefined,
    });
    expect(error.row).toBe(ERRORS.bad_json);
    expect(error.row.message).not.toContain('7');
  });

  it.each([
    [new Error('x'), 'x'],
    ['thrown text', 'thrown text'],
    [undefined, 'undefined'],
  ])('makes an internal error of anything else thrown', (thrown, detail) => {
    expect(ProxyError.from(thrown)).toMatchObject({ code: 'internal', cause: thrown });
    expect(ProxyError.from(thrown).message).toContain(detail);
  });

  it('leaves one of its own as it is', () => {
    const error = new ProxyError('internal', 'x');
    expect(ProxyError.from(error)).toBe(error);
  });
});
