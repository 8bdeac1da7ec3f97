import { describe, expect, it } from '@jest/globals';
import { connectorRequest, textOf } from '../../../test/support/connector-request.js';
import { loadConfig } from '../../../test/support/sidecar-config.js';
import { parseTarget, type Target } from '../../endpoint/target.js';
import type { Leg } from '../../proxy/exchange.js';
import { KvPeers } from '../kv-peers.js';
import { Nixlv2Connector } from './nixlv2.connector.js';

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;
const SIX =
  '"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null';
const PULL = '"remote_kv_source":{"kv_request_id":"V","remote_host":"10.9.9.9","remote_port":7777}';
const SOURCE = parseTarget('10.9.9.9:8000')!;

describe('nixlv2 with --enable-p2p-pull', () => {
  const connector = new Nixlv2Connector(new KvPeers(7777, { port: 8000, dataParallelSize: 1 }));
  const request = (kvSource?: Target): ReturnType<typeof connectorRequest> =>
    connectorRequest('{"kv_transfer_params":1,"a":1.0}', 'completions', { kvSource });

  it('lets the prefiller pull, each attempt under another name, but not from itself', () => {
    const { prefill, decode } = connector.plan(request(SOURCE));
    const targets = ['10.1.1.1:8000', '10.9.9.9:8000', '10.1.1.1:8000'].map((text) =>
      parseTarget(text)!,
    );
    const texts = targets.map((target) => textOf((prefill as (target: Target) => Leg)(target)));
    const pulling = `{"kv_transfer_params":{${SIX},${PULL}},"a":1.0,"max_tokens":1,"stream":false}`;
    expect(texts.map((text) => text.replace(ID, 'V'))).toEqual([
      pulling,
      `{"kv_transfer_params":{${SIX}},"a":1.0,"max_tokens":1,"stream":false}`,
      pulling,
    ]);
    expect(new Set(texts.join().match(ID)).size).toBe(2);
    expect(textOf(decode(undefined, SOURCE).leg)).toBe('{"a":1.0}');
  });

  it('makes a prefill that has no source as without it', () => {
    expect(connector.plan(request()).prefill).toEqual(
      new Nixlv2Connector().plan(request()).prefill,
    );
  });

  it('makes a decode pull that nobody prefilled', () => {
    expect(textOf(connector.decodeOnly(request(SOURCE))!).replace(ID, 'V')).toBe(
      `{"kv_transfer_params":{${PULL}},"a":1.0}`,
    );
  });

  it('pulls nothing without it', () => {
    expect(new Nixlv2Connector().pulls).toBe(false);
    expect(connector.pulls).toBe(true);
  });
});

describe('the settings of pulls', () => {
  const load = (...argv: string[]): unknown =>
    loadConfig({ argv, env: {} }).config.connectorSettings;

  it('have defaults and variables', () => {
    expect(load()).toMatchObject({ enableP2pPull: false, p2pConnectorPort: 7777 });
    const { config } = loadConfig({
      argv: ['--enable-p2p-pull'],
      env: { P2P_CONNECTOR_PORT: '7001' },
    });
    expect(config.connectorSettings).toMatchObject({ enableP2pPull: true, p2pConnectorPort: 7001 });
  });

  it('leave a port for each rank, where they are used', () => {
    const last = [
      '--p2p-connector-port=65535',
      '--data-parallel-size=2',
      '--model-server-port=8200',
    ];
    const needed = '--p2p-connector-port: 65535 leaves no port for each of 2 ranks';
    expect(() => load(...last, '--enable-p2p-pull')).toThrow(needed);
    expect(() => load(...last, '--kv-connector=offloading')).toThrow(needed);
    load(...last.slice(0, 1), '--enable-p2p-pull');
  });

  it('go with nixlv2 and moriio alone', () => {
    load('--enable-p2p-pull', '--moriio-write-mode', '--moriio-local-pod-ip=10.0.0.1');
    expect(() => load('--enable-p2p-pull', '--kv-connector=offloading')).toThrow(
      '--enable-p2p-pull: works with nixlv2 and moriio only, and --kv-connector is offloading; leave it out (offloading pulls without it)',
    );
    expect(() => load('--enable-p2p-pull', '--kv-connector=sglang')).toThrow(
      /nixlv2 and moriio only/,
    );
    const alone = ['--kv-connector=sglang', '--allowed-connectors=sglang'];
    expect(() => load('--enable-p2p-pull', ...alone)).toThrow(/nixlv2 and moriio only/);
    load('--enable-p2p-pull=false', ...alone);
  });
});
