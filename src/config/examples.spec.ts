import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../test/support/sidecar-config.js';

describe('the examples in config/', () => {
  it('sidecar.example.yaml is a valid configuration file', () => {
    const argv = ['--configuration-file=config/sidecar.example.yaml'];
    const { config, ignored } = loadConfig({ argv, env: {} });
    expect(config).toMatchObject({
      allowedConnectors: ['nixlv2'],
      dataParallelSize: 1,
      certPath: '/etc/sidecar/certs/',
      upstreamTls: { prefiller: { enabled: true, serverName: 'prefill.example.com' } },
      retryBackoff: 1000,
    });
    expect(ignored).toEqual([]);
  });

  it('sidecar.env.example is a valid environment', () => {
    const lines = readFileSync('config/sidecar.env.example', 'utf8').split('\n');
    const env = Object.fromEntries(
      lines
        .filter((line) => /^[A-Z]/.test(line))
        .map((line) => line.split('=') as [string, string]),
    );
    const { config } = loadConfig({ argv: [], env });
    expect(config).toMatchObject({
      podIp: '10.0.0.7',
      upstreamTls: { prefiller: { enabled: true } },
    });
  });
});
