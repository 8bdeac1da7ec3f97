import { describe, expect, it } from '@jest/globals';
import { ApiError } from './api-error.js';
import { reprText, validate, type Shape } from './validation.js';

const SHAPE: Shape = {
  fields: {
    name: 'string',
    count: 'integer',
    share: 'number',
    flag: 'boolean',
    object: 'object',
    list: 'array',
    any: 'any',
  },
  required: ['name'],
};

function refusal(body: unknown): ApiError {
  try {
    validate(body, SHAPE);
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error('was not refused');
}

describe(validate.name, () => {
  it('converts what spells a value, and lets others pass', () => {
    const body = { name: 'n', count: '5', share: '0.5', flag: 'yes', other: 1 };
    expect(validate(body, SHAPE)).toEqual({
      name: 'n',
      count: 5,
      share: 0.5,
      flag: true,
      other: 1,
    });
  });

  it('takes null for left out', () => {
    const body = { name: 'n', count: null, list: null };
    expect(validate(body, SHAPE)).toEqual(body);
  });

  it.each([
    [{ name: 'n', count: 1.5 }, 'int_from_float', 'count'],
    [{ name: 'n', count: [] }, 'int_type', 'count'],
    [{ name: 'n', count: '1.5' }, 'int_parsing', 'count'],
    [{ name: 'n', share: 'much' }, 'float_parsing', 'share'],
    [{ name: 'n', share: {} }, 'float_type', 'share'],
    [{ name: 'n', flag: 'maybe' }, 'bool_parsing', 'flag'],
    [{ name: 'n', flag: 2 }, 'bool_parsing', 'flag'],
    [{ name: 'n', flag: {} }, 'bool_type', 'flag'],
    [{ name: 'n', object: [] }, 'dict_type', 'object'],
    [{ name: 'n', list: {} }, 'list_type', 'list'],
    [{ name: 1 }, 'string_type', 'name'],
    [{ name: null }, 'string_type', 'name'],
    [{}, 'missing', 'name'],
  ])('refuses %j by %s', (body, type, param) => {
    const error = refusal(body);
    expect(error.body).toMatchObject({ type: 'Bad Request', code: 400, param: `body.${param}` });
    expect(error.message).toContain(`'type': '${type}'`);
  });

  it('lists every finding', () => {
    const { message, param } = refusal({ count: 'many', flag: 'maybe' });
    expect(message.split('\n')).toHaveLength(4);
    expect(message).toMatch(/^3 validation errors:\n/);
    expect(param).toBe('body.name');
  });

  it('does not repeat long values', () => {
    expect(refusal({ name: 'n', count: 'x'.repeat(300) }).message).toContain('...[truncated]');
    expect(refusal({ name: 'n', count: [1, 2] }).message).toContain('<list of 2 items>');
  });
});

describe(reprText.name, () => {
  it('quotes as Python does', () => {
    expect([reprText('a'), reprText("it's"), reprText(`"it's"`), reprText('a\\b\n')]).toEqual([
      "'a'",
      `"it's"`,
      `'"it\\'s"'`,
      "'a\\\\b\\n'",
    ]);
  });
});
