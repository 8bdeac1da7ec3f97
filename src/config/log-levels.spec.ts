import { describe, expect, it } from '@jest/globals';
import { readValue } from './given.js';
import { verbosity, zapEncoder, zapLevel } from './log-levels.js';

describe(verbosity.name, () => {
  it.each([
    ['-1', 'info'],
    ['0', 'info'],
    ['3', 'info'],
    ['4', 'debug'],
    ['5', 'trace'],
    ['10', 'trace'],
  ])('reads -v=%s as %s', (text, level) => {
    expect(readValue(verbosity(), text, '-v')).toBe(level);
  });

  it('refuses words', () => {
    expect(() => readValue(verbosity(), 'debug', '-v')).toThrow(
      '-v: expected a whole number (0 to 3 is info, 4 debug, 5 trace), got "debug"',
    );
  });
});

describe(zapLevel.name, () => {
  it.each([
    ['debug', 'debug'],
    ['INFO', 'info'],
    ['error', 'error'],
    ['panic', 'error'],
    ['0', 'info'],
    ['1', 'info'],
    ['4', 'debug'],
    ['5', 'trace'],
    ['6', 'trace'],
  ])('reads %s as %s', (text, level) => {
    expect(readValue(zapLevel(), text, '--zap-log-level')).toBe(level);
  });

  it.each(['loud', '-1', '1.5', '', 'constructor'])('refuses %j', (text) => {
    expect(() => readValue(zapLevel(), text, '--zap-log-level')).toThrow(
      '--zap-log-level: expected debug, info, warn, error, panic or a whole number',
    );
  });
});

describe(zapEncoder.name, () => {
  it.each([
    ['json', 'json'],
    ['console', 'pretty'],
  ])('reads %s as %s', (text, format) => {
    expect(readValue(zapEncoder(), text, '--zap-encoder')).toBe(format);
  });
});
