import { describe, expect, it } from '@jest/globals';
import { errorBody } from './error-body.js';

describe(errorBody.name, () => {
  it('has the members of an OpenAI error, param being null and not left out', () => {
    expect(JSON.stringify(errorBody('no', 'BadRequestError', 400))).toBe(
      '{"error":{"message":"no","type":"BadRequestError","param":null,"code":400}}',
    );
  });
});
