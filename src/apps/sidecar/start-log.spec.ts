import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../test/support/sidecar-config.js';
import { RecordingLogger } from '../../../test/support/sidecar-fixture.js';
import { logStart } from './start-log.js';

const warnings = (...argv: string[]): string[] => {
  const logger = new RecordingLogger();
  const { config, ignored } = loadConfig({ argv, env: {} });
  logStart(logger, config, ignored);
  return logger.lines
    .filter(({ level }) => level === 'warn')
    .map(({ message, fields }) => `${message} ${JSON.stringify(fields)}`);
};

describe(logStart.name, () => {
  it('says that sglang divides no answers', () => {
    const lines = warnings('--kv-connector=sglang', '--decode-chunk-size=4');
    expect(lines).toEqual([
      expect.stringMatching(
        /^--decode-chunk-size: .*never divided.*"sglang".*no request without a prefill/,
      ),
    ]);
    expect(warnings('--kv-connector=sglang')).toEqual([]);
    expect(warnings('--decode-chunk-size=4')).toEqual([]);
  });

  it('says that no request can name a rank of a pod whose address is not known', () => {
    const two = ['--data-parallel-size=2', '--model-server-port=9000'];
    expect(warnings(...two)).toEqual([
      expect.stringMatching(/x-data-parallel-host-port get 400; give --pod-ip, or set POD_IP/),
    ]);
    expect(warnings(...two, '--pod-ip=10.0.0.7')).toEqual([]);
    expect(warnings(...two, '--bind-address=127.0.0.1')).toEqual([]);
    expect(warnings()).toEqual([]);
  });

  it('says which flags about encoders have no effect', () => {
    expect(warnings('--encoder-timeout=1s', '--enable-tls=encoder')).toEqual([
      expect.stringContaining('--encoder-timeout (no effect without --ec-connector)'),
      expect.stringContaining('--enable-tls=encoder (no effect without --ec-connector)'),
    ]);
  });
});
