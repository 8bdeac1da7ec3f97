import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { encoderSettings, encodes } from './encoder.settings.js';

const load = (...argv: string[]): ReturnType<typeof loadConfig>['config'] =>
  loadConfig({ argv, env: {} }).config;

describe('settings of encoders', () => {
  it('are off unless a connector is named', () => {
    for (const argv of [[], ['--ec-connector='], ['-ec-connector', '']]) {
      expect(encodes(load(...argv))).toBe(false);
    }
    for (const name of ['ec-example', 'ec-nixl']) {
      expect(encodes(load(`--ec-connector=${name}`))).toBe(true);
    }
  });

  it('have time-outs in milliseconds', () => {
    expect(encoderSettings(load())).toMatchObject({
      ...{ encoderConnectTimeout: 5000, encoderTimeout: 30_000 },
    });
    expect(encoderSettings(load('--encoder-timeout=2m')).encoderTimeout).toBe(120_000);
  });

  it('are told to have no effect where no encoder is asked', () => {
    const flags = [
      ...['--encoder-timeout=1s', '--encoder-connect-timeout=1s', '--encoder-tls-server-name=a.b'],
      ...['--enable-tls=prefiller,encoder', '--tls-insecure-skip-verify=encoder'],
    ];
    const ignored = (...argv: string[]): readonly string[] => loadConfig({ argv, env: {} }).ignored;
    expect(ignored(...flags)).toEqual(
      [
        ...['--encoder-timeout', '--encoder-connect-timeout', '--encoder-tls-server-name'],
        ...['--enable-tls=encoder', '--tls-insecure-skip-verify=encoder'],
      ].map((flag) => `${flag} (no effect without --ec-connector)`),
    );
    expect(ignored(...flags, '--ec-connector=ec-nixl')).toEqual([]);
    expect(ignored('--enable-tls=prefiller')).toEqual([]);
  });

  it('refuse an unknown name in one line that names the known ones', () => {
    expect(() => load('--ec-connector=ec')).toThrow(/--ec-connector.*ec-example, ec-nixl/);
  });
});
