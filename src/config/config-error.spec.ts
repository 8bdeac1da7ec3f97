import { describe, expect, it } from '@jest/globals';
import { ConfigError, quote } from './config-error.js';

describe(ConfigError.name, () => {
  it('holds one line whatever it is told', () => {
    expect(new ConfigError('first\r\n  second\nthird\n').message).toBe('first second third');
  });
});

describe(quote.name, () => {
  it('shows line breaks as escapes and cuts long values', () => {
    expect(quote('a\nb')).toBe('"a\\nb"');
    expect(quote('x'.repeat(500)).length).toBeLessThan(100);
    expect(quote(undefined)).toBe('undefined');
  });
});
