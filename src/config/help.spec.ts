import { describe, expect, it } from '@jest/globals';
import { answerHelp, helpText } from './help.js';
import { PLANNED_FLAGS } from './planned.js';
import { settings as sidecarSettings } from '../../test/support/sidecar-config.js';

function answer(argv: string[]): { answered: boolean; printed: string } {
  let printed = '';
  const answered = answerHelp(sidecarSettings, argv, (text) => (printed += text));
  return { answered, printed };
}

describe(answerHelp.name, () => {
  it.each([['--help'], ['-help'], ['-h'], ['--port=8000', '--help'], ['--nonsense', '-h']])(
    'prints help for %s',
    (...argv) => {
      const { answered, printed } = answer(argv);
      expect(answered).toBe(true);
      expect(printed).toMatch(/^Usage: tandem sidecar /);
    },
  );

  it.each([['--version'], ['-version']])('prints the version for %s', (...argv) => {
    expect(answer(argv).printed).toMatch(/^tandem \d+\.\d+\.\d+\n$/);
  });

  it('answers nothing else', () => {
    expect(answer(['-port=8000', '-v=5'])).toEqual({ answered: false, printed: '' });
  });
});

describe(helpText.name, () => {
  const help = helpText(sidecarSettings);

  it('holds every flag with its variable and default', () => {
    for (const [key, setting] of Object.entries(sidecarSettings.settings)) {
      expect(help).toContain(`--${key}`);
      expect(help).toContain(`TANDEM_${key.toUpperCase().replaceAll('-', '_')}`);
      expect(help.replace(/\s+/g, ' ')).toContain(setting.description);
    }
    expect(help).toContain('--model-server-port, --vllm-port=PORT');
    expect(help.replace(/\s+/g, ' ')).toContain(
      '(default 8001; env TANDEM_MODEL_SERVER_PORT, VLLM_PORT)',
    );
  });

  it('leaves out what has no effect', () => {
    for (const { name } of PLANNED_FLAGS) expect(help).not.toContain(`-${name}`);
  });

  it('fits a terminal of 100 columns, URLs and choices aside', () => {
    const wide = help.split('\n').filter((line) => line.length > 100);
    expect(wide).toEqual([]);
  });
});
