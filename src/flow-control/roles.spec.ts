import { describe, expect, it } from '@jest/globals';
import { flowServer } from '../../test/support/flow-harness.js';
import { stagesOf } from './roles.js';

const withRole = (role: string | undefined) =>
  flowServer(role ?? 'none', {}, { labels: role === undefined ? {} : { 'llm-d.ai/role': role } });

describe(stagesOf.name, () => {
  it('tells the stages apart', () => {
    const roles = [
      ...['prefill', 'decode', 'encode', 'encode-prefill', 'prefill-decode', 'both'],
      ...['encode-prefill-decode', 'something', undefined],
    ];
    const { prefill, decode } = stagesOf(roles.map(withRole));
    expect(prefill.map(({ id }) => id)).toEqual([
      ...['prefill', 'encode-prefill', 'prefill-decode', 'both', 'encode-prefill-decode'],
    ]);
    expect(decode.map(({ id }) => id)).toEqual([
      ...['decode', 'prefill-decode', 'both', 'encode-prefill-decode', 'something', 'none'],
    ]);
  });

  it('makes no array where all decode', () => {
    const pool = [withRole(undefined), withRole('decode')];
    expect(stagesOf(pool).decode).toBe(pool);
  });
});
