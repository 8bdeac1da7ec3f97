import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { logConfig } from './sidecar-log.js';

const toStderr = { level: 'info', format: 'auto', alsoToStderr: true };

describe(logConfig.name, () => {
  it.each<[string, string[], object]>([
    ['nothing', [], toStderr],
    [
      '--log-level=warn --log-format=json',
      ['--log-level=warn', '--log-format=json'],
      { level: 'warn', format: 'json', alsoToStderr: true },
    ],
    [
      'the last of -v and --zap-log-level',
      ['-v=5', '--zap-log-level=error'],
      { ...toStderr, level: 'error' },
    ],
    [
      'the last of --zap-log-level and -v',
      ['--zap-log-level=error', '-v', '5'],
      { ...toStderr, level: 'trace' },
    ],
    ['--zap-devel', ['--zap-devel'], { level: 'debug', format: 'pretty', alsoToStderr: true }],
    [
      '--zap-devel with a level and an encoder',
      ['--zap-encoder=json', '--zap-log-level=info', '--zap-devel'],
      { level: 'info', format: 'json', alsoToStderr: true },
    ],
    ['a file without -logtostderr=false', ['-log_file=/a/b.log'], toStderr],
    [
      'a file',
      ['-logtostderr=false', '-log_file=/a/b.log'],
      { ...toStderr, file: '/a/b.log', alsoToStderr: false },
    ],
    [
      'a folder',
      ['-logtostderr=false', '-log_dir=/a'],
      { ...toStderr, file: '/a/tandem-sidecar.log', alsoToStderr: false },
    ],
    [
      'a file before a folder',
      ['-logtostderr=false', '-log_dir=/a', '-log_file=/b'],
      { ...toStderr, file: '/b', alsoToStderr: false },
    ],
    [
      'a file and stderr',
      ['-logtostderr=false', '-log_file=/b', '-alsologtostderr'],
      { ...toStderr, file: '/b' },
    ],
    ['neither file nor stderr', ['-logtostderr=false'], toStderr],
  ])('of %s', (_, argv, expected) => {
    expect(loadConfig({ argv, env: {} }).config.log).toEqual(expected);
  });

  it('says which flags have no effect beside -logtostderr', () => {
    const argv = ['-log_dir=', '-log_file=/b', '-alsologtostderr=true', '-logtostderr'];
    expect(loadConfig({ argv, env: {} }).ignored).toEqual([
      '-log_file (no effect without -logtostderr=false)',
      '-alsologtostderr (no effect without -logtostderr=false)',
    ]);
  });
});
