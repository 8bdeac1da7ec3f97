import { describe, expect, it } from '@jest/globals';
import { requestWith } from '../../test/support/message-stub.js';
import { headerLines } from './header-lines.js';

describe(headerLines.name, () => {
  it('gives every line of a field as sent, and none of another', () => {
    const request = requestWith(['X-A', '1, 2', 'x-b', '3', 'x-a', '', 'X-AA', '4']);
    expect(headerLines(request, 'x-a')).toEqual(['1, 2', '']);
    expect(headerLines(request, 'x-c')).toEqual([]);
  });
});
