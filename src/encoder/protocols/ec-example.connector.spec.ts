import { describe, expect, it } from '@jest/globals';
import { ecExample } from './ec-example.connector.js';

describe('ec-example', () => {
  it('reads no answer and tells nothing', () => {
    expect([ecExample.readsAnswers, ecExample.read([])]).toEqual([
      ...[false, { edits: new Map(), silent: [] }],
    ]);
  });
});
