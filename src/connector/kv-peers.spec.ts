import { describe, expect, it } from '@jest/globals';
import { textOf } from '../../test/support/connector-request.js';
import { parseTarget, type Target } from '../endpoint/target.js';
import { readJsonObject } from '../openai/json-object.js';
import { checkKvPeerPorts, KvPeers } from './kv-peers.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const at = (text: string, addresses?: readonly string[]): Target => ({
  ...parseTarget(text)!,
  ...(addresses && { addresses }),
});

describe(KvPeers.name, () => {
  const peers = new KvPeers(7777, { port: 8000, dataParallelSize: 4 });

  it.each([
    ['10.0.0.1:8000', 7777],
    ['10.0.0.1:8001', 7778],
    ['10.0.0.1:8003', 7780],
    ['10.0.0.1:8004', 7777],
    ['10.0.0.1:7999', 7777],
    ['10.0.0.1:80', 7777],
    ['10.0.0.1:65535', 7777],
  ])('finds the engine behind %s at %d', (text, port) => {
    expect(peers.fetchFrom(at(text), 'u')).toBe(
      `{"kv_request_id":"u","remote_host":"10.0.0.1","remote_port":${port}}`,
    );
  });

  it('knows one rank where there is but one', () => {
    const one = new KvPeers(7777, { port: 8000, dataParallelSize: 1 });
    expect(JSON.parse(one.fetchFrom(at('a:8001')))).toMatchObject({ remote_port: 7777 });
  });

  it('says the address that was checked, and IPv6 without brackets', () => {
    expect(peers.fetchFrom(at('pod-1:8000', ['10.0.0.7', '10.0.0.8']))).toContain('"10.0.0.7"');
    expect(peers.fetchFrom(at('[FD00::0:1]:8000'))).toContain('"fd00::1"');
    expect(peers.fetchFrom(at('Pod-1:8000'))).toContain('"pod-1"');
  });

  it('gives each a name of its own', () => {
    const names = Array.from(
      { length: 100 },
      () => (JSON.parse(peers.fetchFrom(at('a:1'))) as { kv_request_id: string }).kv_request_id,
    );
    expect(new Set(names).size).toBe(100);
    for (const name of names) expect(name).toMatch(UUID);
  });

  it('makes a decode pull in place of what its client wanted', () => {
    const body = readJsonObject(Buffer.from('{"a":1.0,"kv_transfer_params":{"x":1}, "b":2}'));
    expect(
      textOf(peers.pullingDecode(body, at('10.0.0.9:8000'))).replace(/[0-9a-f-]{36}/, 'V'),
    ).toBe(
      '{"a":1.0,"kv_transfer_params":{"remote_kv_source":{"kv_request_id":"V","remote_host":"10.0.0.9","remote_port":7777}}, "b":2}',
    );
  });
});

describe(checkKvPeerPorts.name, () => {
  const named = (key: string): string => `--${key}`;
  it.each([
    [65_535, 1],
    [65_528, 8],
  ])('takes %d for %d ranks', (p2pConnectorPort, dataParallelSize) => {
    checkKvPeerPorts({ p2pConnectorPort }, { dataParallelSize }, named);
  });

  it('refuses a port above which there is none for the last rank', () => {
    expect(() => {
      checkKvPeerPorts({ p2pConnectorPort: 65_529 }, { dataParallelSize: 8 }, named);
    }).toThrow(
      '--p2p-connector-port: 65529 leaves no port for each of 8 ranks (--data-parallel-size); give 65528 or less',
    );
  });
});
