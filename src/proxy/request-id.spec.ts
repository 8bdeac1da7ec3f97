import { describe, expect, it } from '@jest/globals';
import { requestWith } from '../../test/support/message-stub.js';
import { requestIdOf } from './request-id.js';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe(requestIdOf.name, () => {
  it.each(['a', '!~', 'x'.repeat(256)])("is the client's own: %j", (id) => {
    expect(requestIdOf(requestWith(['X-Request-ID', id]))).toBe(id);
  });

  it("is the client's first line", () => {
    expect(requestIdOf(requestWith(['x-request-id', 'a', 'X-Request-Id', 'b']))).toBe('a');
  });

  it.each(['', 'x'.repeat(257), 'a b', 'caf\xe9', 'a\tb', 'a\x7f'])(
    'is new where %j came',
    (id) => {
      expect(requestIdOf(requestWith(['X-Request-ID', id]))).toMatch(UUID4);
    },
  );

  it('is new where none came, and never the same twice', () => {
    const ids = [1, 2, 3].map(() => requestIdOf(requestWith([])));
    for (const id of ids) expect(id).toMatch(UUID4);
    expect(new Set(ids).size).toBe(3);
  });
});
