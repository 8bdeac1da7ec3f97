import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../test/support/sidecar-config.js';
import { SilentLogger } from '../../logging/silent-logger.js';
import { checkMoriio } from './check-moriio.js';
import { MoriioPeers } from './moriio-peers.js';
import type { MoriioSettings } from './moriio.settings.js';

const load = (argv: string[], env: Record<string, string> = {}) => loadConfig({ argv, env }).config;
const WRITE = ['--kv-connector=nixlv2', '--moriio-write-mode'];
const AT = '--moriio-local-pod-ip=10.0.0.1';

describe(checkMoriio.name, () => {
  it('lets --moriio-write-mode put moriio in the place of nixlv2', () => {
    expect(load([...WRITE, AT])).toMatchObject({ kvConnector: 'moriio' });
    expect(load(['--kv-connector=moriio'], { POD_IP: '10.0.0.1' }).kvConnector).toBe('moriio');
    expect(load([...WRITE], { POD_IP: '10.0.0.1' }).kvConnector).toBe('moriio');
  });

  it('needs to know no decoder where each request has its own', () => {
    const named = (key: string): string => `--${key}`;
    const settings = load([...WRITE, AT]).connectorSettings as MoriioSettings;
    const others = { ...settings, moriioLocalPodIp: undefined };
    expect(() => checkMoriio(others, {}, named)).toThrow('--moriio-local-pod-ip');
    checkMoriio(others, { choosesDecoder: true }, named);
  });

  it('offers moriio to no request that was not told of it', () => {
    expect(load([]).allowedConnectors).not.toContain('moriio');
    expect(load([...WRITE, AT]).allowedConnectors).toContain('moriio');
    const both = load([AT, '--allowed-connectors=nixlv2,moriio']);
    expect([both.kvConnector, both.allowedConnectors]).toEqual(['nixlv2', ['nixlv2', 'moriio']]);
  });

  it('reads the older variables', () => {
    const env = { MORIIO_DNS_RESOLVE_TTL_SECONDS: '7', MORIIO_DNS_RESOLVE_TIMEOUT_SECONDS: '2' };
    expect(load([], env).connectorSettings).toMatchObject({
      moriioDnsResolveTtlSeconds: 7,
      moriioDnsResolveTimeoutSeconds: 2,
    });
  });

  it.each([
    [WRITE, '--moriio-local-pod-ip: prefillers write KV to this pod'],
    [['--moriio-parallel-dispatch'], '--moriio-parallel-dispatch: needs connector moriio'],
    [
      ['--moriio-write-mode', '--kv-connector=sglang', AT],
      '--moriio-write-mode: goes with nixlv2 and moriio only, and --kv-connector is sglang',
    ],
    [
      [...['--moriio-parallel-dispatch', '--kv-connector=sglang'], '--allowed-connectors=sglang'],
      '--moriio-parallel-dispatch: needs connector moriio',
    ],
    [[...WRITE, '--moriio-local-pod-ip=10.0.0.1:80'], '"10.0.0.1:80" is no host'],
    [[...WRITE, AT, '--moriio-decode-hosts=[::1]'], '--moriio-decode-hosts: "[::1]" is no host'],
    [['--moriio-dp-size-local=3', '--moriio-dp-size=8'], '3 ranks in each pod do not divide'],
    [
      [...WRITE, AT, '--moriio-remote-hosts=a,b', '--moriio-dp-size=8'],
      '--moriio-remote-hosts: 2 pods need --moriio-dp-size-local',
    ],
    [
      [...WRITE, AT, '--moriio-decode-hosts=a,b', '--moriio-dp-size=8', '--moriio-dp-size-local=8'],
      '--moriio-decode-hosts: 2 hosts, but --moriio-dp-size=8 by --moriio-dp-size-local=8 makes 1',
    ],
    [
      [...WRITE, '--moriio-local-pod-ip=0.0.0.0'],
      '--moriio-local-pod-ip: 0.0.0.0 is where a server listens, and no engine can be reached there',
    ],
    [[...WRITE, '--pod-ip=::'], '--pod-ip: :: is where a server listens'],
    [
      [...WRITE, AT, '--moriio-decode-notify-port=65533', '--moriio-dp-size=4'],
      '--moriio-decode-notify-port: 65533 leaves no port for each of 4 ranks in a pod (--moriio-dp-size) with --moriio-tp-size=1; give 65532 or less',
    ],
    [
      [...WRITE, AT, '--moriio-prefill-handshake-port=65535', '--moriio-tp-size=2'],
      '--moriio-prefill-handshake-port: 65535 leaves no port',
    ],
    [['--moriio-dp-size=0'], '--moriio-dp-size: expected a whole number of at least 1'],
  ])('refuses %j', (argv, message) => {
    expect(() => load(argv)).toThrow(message);
  });

  it('accepts ports that leave one for each rank of a pod', () => {
    const ranks = ['--moriio-dp-size=8', '--moriio-dp-size-local=4'];
    const last = '--moriio-decode-notify-port=65532';
    expect(() => load([...WRITE, AT, ...ranks, last])).not.toThrow();
    expect(() => load([...WRITE, AT, '--moriio-decode-notify-port=65535'])).not.toThrow();
  });

  it('accepts as many hosts as there are pods, and one host', () => {
    const two = ['--moriio-dp-size=16', '--moriio-dp-size-local=8', '--moriio-remote-hosts=a,b.c'];
    expect(() => load([...WRITE, AT, ...two])).not.toThrow();
    expect(() => load([...WRITE, AT, '--moriio-remote-hosts=fd00::1'])).not.toThrow();
  });
});

describe(MoriioPeers.name, () => {
  it('resolves all hosts before the first request, each once', async () => {
    const config = load([
      '--kv-connector=moriio',
      ...['--moriio-local-pod-ip=me', '--moriio-dp-size=2', '--moriio-dp-size-local=1'],
      ...['--moriio-remote-hosts=p0,10.0.0.2', '--moriio-decode-hosts=me,d1'],
    ]);
    const metrics = { dnsReresolved() {}, dnsAddressChanged() {}, dnsLookupFailed() {} };
    const tools = { config, metrics, logger: new SilentLogger() };
    const settings = config.connectorSettings as MoriioSettings;
    const peers = new MoriioPeers(settings, tools, (name) =>
      Promise.resolve([`10.1.1.${name.length}`]),
    );
    await peers.resolve();
    expect([peers.decodeHost(undefined), peers.remoteHosts, peers.decodeHosts]).toEqual([
      '10.1.1.2',
      ['10.1.1.2', '10.0.0.2'],
      ['10.1.1.2', '10.1.1.2'],
    ]);
    const lost = new MoriioPeers(settings, tools, () => Promise.reject(new Error('ENOTFOUND')));
    await expect(lost.resolve()).rejects.toThrow(
      /^--moriio-\S+: "\w+" does not resolve \(ENOTFOUND\); give/,
    );
  });
});
