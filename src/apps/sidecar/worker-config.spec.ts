import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../test/support/sidecar-config.js';
import { shareOf } from './worker-config.js';

describe(shareOf.name, () => {
  it('deals out what is for the program as a whole, and nothing else', () => {
    const argv = ['--workers=3', '--max-buffered-bytes=100', '--max-idle-conns-per-host=10'];
    const { config } = loadConfig({ argv, env: {} });
    expect(shareOf(config)).toEqual({ ...config, maxBufferedBytes: 33, maxIdleConnsPerHost: 3 });
  });

  it('leaves everybody something', () => {
    const argv = ['--workers=8', '--max-buffered-bytes=1', '--max-idle-conns-per-host=1'];
    const share = shareOf(loadConfig({ argv, env: {} }).config);
    expect([share.maxBufferedBytes, share.maxIdleConnsPerHost]).toEqual([1, 1]);
  });
});
