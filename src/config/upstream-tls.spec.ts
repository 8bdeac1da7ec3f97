import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../test/support/sidecar-config.js';
import { upstreamTls } from './upstream-tls.js';

function enabled(argv: string[], env: Record<string, string> = {}): string[] {
  const { upstreamTls: tls } = loadConfig({ argv, env }).config;
  return Object.entries(tls).flatMap(([upstream, { enabled }]) => (enabled ? [upstream] : []));
}

describe(upstreamTls.name, () => {
  it('is off everywhere by default', () => {
    const off = { enabled: false, insecureSkipVerify: false };
    expect(loadConfig().config.upstreamTls).toEqual({
      prefiller: off,
      decoder: off,
      encoder: off,
    });
  });

  it.each<[string, string[], string[]]>([
    ['the list', ['--enable-tls=prefiller,encoder'], ['prefiller', 'encoder']],
    [
      'the list repeated',
      ['--enable-tls=prefiller', '--enable-tls', 'decoder'],
      ['prefiller', 'decoder'],
    ],
    ['an older switch', ['-prefiller-use-tls'], ['prefiller']],
    [
      'both older switches',
      ['-prefiller-use-tls=true', '-decoder-use-tls=true'],
      ['prefiller', 'decoder'],
    ],
    [
      'a switch and the list, which add up',
      ['-decoder-use-tls', '--enable-tls=prefiller'],
      ['prefiller', 'decoder'],
    ],
    [
      'the list after a switch set to false',
      ['-prefiller-use-tls=false', '--enable-tls=prefiller'],
      ['prefiller'],
    ],
    [
      'a switch set to false after the list',
      ['--enable-tls=prefiller', '-prefiller-use-tls=false'],
      [],
    ],
    [
      'a flag over the file’s list',
      ['--configuration={enable-tls: [prefiller, decoder]}', '-prefiller-use-tls=false'],
      ['decoder'],
    ],
    [
      'the list of flags over a switch of the file',
      ['--configuration={prefiller-use-tls: true}', '--enable-tls=decoder'],
      ['decoder'],
    ],
  ])('follows %s', (_, argv, expected) => {
    expect(enabled(argv)).toEqual(expected);
  });

  it('takes a flag over a variable', () => {
    expect(enabled(['-decoder-use-tls=false'], { TANDEM_ENABLE_TLS: 'decoder' })).toEqual([]);
    expect(enabled([], { TANDEM_ENABLE_TLS: 'decoder' })).toEqual(['decoder']);
  });

  it('keeps verification, names and legs apart', () => {
    const argv = [
      '--enable-tls=prefiller,decoder',
      '-decoder-tls-insecure-skip-verify',
      '--tls-insecure-skip-verify=encoder',
      '--prefiller-tls-server-name=prefill.example.com',
    ];
    expect(loadConfig({ argv, env: {} }).config.upstreamTls).toEqual({
      prefiller: { enabled: true, insecureSkipVerify: false, serverName: 'prefill.example.com' },
      decoder: { enabled: true, insecureSkipVerify: true },
      encoder: { enabled: false, insecureSkipVerify: true },
    });
  });

  it.each([
    [
      '--enable-tls=model',
      '--enable-tls: expected a list of prefiller, decoder, encoder, got "model"',
    ],
    ['--decoder-tls-server-name=a b', '--decoder-tls-server-name: expected a DNS name, got "a b"'],
  ])('refuses %s', (flag, message) => {
    expect(() => enabled([flag])).toThrow(message);
  });
});
