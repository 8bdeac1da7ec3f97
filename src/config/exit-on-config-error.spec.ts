import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { errorLine } from './exit-on-config-error.js';

describe(errorLine.name, () => {
  const error = new ConfigError('--port: expected a port');

  it('is plain words on a terminal', () => {
    expect(errorLine(error, true)).toBe('tandem: --port: expected a port');
  });

  it('is one JSON object elsewhere', () => {
    const line = errorLine(error, false);
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual({
      level: 'error',
      time: expect.any(String),
      msg: '--port: expected a port',
    });
  });

  it('adds the stack of what is no mistake of configuration', () => {
    const bug = new TypeError('x is not a function');
    expect(errorLine(bug, false)).not.toContain('\n');
    expect(JSON.parse(errorLine(bug, false))).toMatchObject({ msg: bug.message, stack: bug.stack });
    expect(errorLine(bug, true)).toBe(bug.stack);
  });

  it('copes with things that are no errors', () => {
    expect(JSON.parse(errorLine('text', false))).toMatchObject({ msg: 'text' });
  });
});
