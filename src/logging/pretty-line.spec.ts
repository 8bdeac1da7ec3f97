import { describe, expect, it } from '@jest/globals';
import { prettyLine } from './pretty-line.js';

const TIME = '2026-03-04T05:06:07.089Z';

function line(fields: Record<string, unknown>): string {
  return `${JSON.stringify({ level: 'info', time: TIME, ...fields })}\n`;
}

describe(prettyLine.name, () => {
  it('shows clock, level, message and fields', () => {
    expect(prettyLine(line({ port: 8000, ssrf: false, msg: 'listening' }), false)).toBe(
      '05:06:07.089 INFO  listening  port=8000  ssrf=false\n',
    );
  });

  it('shows an access line in one short line', () => {
    const access = {
      method: 'POST',
      path: '/v1/completions',
      status: 200,
      requestId: 'abc',
      durationMs: 12.5,
      ttftMs: 3,
      msg: 'request',
    };
    expect(prettyLine(line(access), false)).toBe(
      '05:06:07.089 INFO  200 POST /v1/completions 12.5 ms  ttftMs=3  id=abc\n',
    );
  });

  it('colours the level on a terminal', () => {
    expect(prettyLine(line({ msg: 'm' }), true)).toContain('\u001b[32mINFO \u001b[0m');
  });

  it('lets no control character through to the terminal', () => {
    const hostile = {
      msg: 'a\u001b[2Jb',
      target: 'c\r\nd\u009b',
      nested: { e: '\u001b]0;x\u0007' },
    };
    const pretty = prettyLine(line(hostile), false);
    // eslint-disable-next-line no-control-regex
    expect(pretty.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(pretty).toContain('a\\x1b[2Jb');
  });

  it('passes on what is not JSON', () => {
    expect(prettyLine('plain text\n', false)).toBe('plain text\n');
  });
});
