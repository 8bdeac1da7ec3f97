import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SidecarConfig } from '../../../src/config/sidecar.config.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { json, KV_PARAMS, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { withNamedHandOvers } from '../../support/peer-params.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const HEADER = 'x-kv-cache-source-host-port';
const PATHS = [
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/messages',
  '/v1/responses',
  '/inference/v1/generate',
];
const SIX =
  '"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null';
const pullFrom = (host: string, name = 'V'): string =>
  `"remote_kv_source":{"kv_request_id":"${name}","remote_host":"${host}","remote_port":7777}`;
const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => void response.socket?.resetAndDestroy();
const CONNECTORS: Readonly<Record<string, Partial<SidecarConfig>>> = {
  offloading: { kvConnector: 'offloading' },
  'nixlv2 with --enable-p2p-pull': { connectorSettings: { enableP2pPull: true } },
};

describe('sources of KV', () => {
  let fixture: SidecarFixture;
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await fixture.stop();
    for (const close of closers.splice(0)) await close();
  });

  const start = async (config: Partial<SidecarConfig>): Promise<void> => {
    fixture = await startFixture(config);
  };
  const post = (
    body: string,
    headers: Record<string, string>,
    path = '/v1/completions',
  ): Promise<Response> =>
    fetch(fixture.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
  const legs = (): string[] =>
    withNamedHandOvers(fixture.prefiller.last.body, fixture.decoder.last.body);
  const decodes = (): string[] => fixture.decoder.requests.map(({ body }) => body.toString());

  it('are told to a prefiller by offloading', async () => {
    await start(CONNECTORS['offloading']!);
    const headers = { [HEADER]: 'http://10.9.9.9:8000' };
    await postPrefilled(fixture, '{"a":1.0}', { path: '/v1/completions', headers });
    expect(legs()).toEqual([
      `{"a":1.0,"max_tokens":1,"stream":false,"kv_transfer_params":{"remote_decoder":{"kv_request_id":"U"},${pullFrom('10.9.9.9')}}}`,
      '{"a":1.0,"kv_transfer_params":{"remote_prefiller":{"kv_request_id":"U","remote_host":"127.0.0.1","remote_port":7777}}}',
    ]);
    for (const { last } of [fixture.prefiller, fixture.decoder]) {
      expect(last.headers).not.toHaveProperty(HEADER);
    }
  });

  it('are told to a prefiller by nixlv2, where it is told to', async () => {
    await start(CONNECTORS['nixlv2 with --enable-p2p-pull']!);
    await postPrefilled(fixture, '{"a":1.0}', {
      path: '/v1/completions',
      headers: { [HEADER]: '[FD00::0:9]:8000' },
    });
    expect(legs()).toEqual([
      `{"a":1.0,"max_tokens":1,"stream":false,"kv_transfer_params":{${SIX},${pullFrom('fd00::9', 'U')}}}`,
      `{"a":1.0,"kv_transfer_params":${JSON.stringify(KV_PARAMS)}}`,
    ]);
  });

  describe.each(Object.keys(CONNECTORS))('with %s', (name) => {
    beforeEach(() => start({ ...CONNECTORS[name], podIp: '10.0.0.5', port: 0 }));

    it.each(PATHS)('are told to a decoder of %s that decodes alone', async (path) => {
      const body = '{"f":1.0, "max_tokens":50,"kv_transfer_params":{"remote_host":"evil"},"n":2}';
      const answer = await post(body, { [HEADER]: ' 10.9.9.9:8000 ' }, path);
      expect([answer.status, await answer.text()]).toEqual([200, '{"ok":true}']);
      expect(withNamedHandOvers(...decodes())).toEqual([
        `{"f":1.0, "max_tokens":50,"kv_transfer_params":{${pullFrom('10.9.9.9', 'U')}},"n":2}`,
      ]);
      expect(fixture.prefiller.requests).toHaveLength(0);
      expect(fixture.decoder.last.headers).not.toHaveProperty(HEADER);
      await until(() => fixture.log.requests.length === 1);
      expect(fixture.log.requests[0]).toMatchObject({ status: 200, kvSource: '10.9.9.9:8000' });
    });

    it('are left out where the prefiller is the source', async () => {
      const { hostPort } = fixture.prefiller;
      await postPrefilled(fixture, '{}', { headers: { [HEADER]: `https://${hostPort}` } });
      expect(fixture.prefiller.last.body.toString()).not.toContain('remote_kv_source');
      await postPrefilled(fixture, '{}', { headers: { [HEADER]: '127.0.0.1:1' } });
      expect(fixture.prefiller.last.body.toString()).toContain('remote_kv_source');
    });

    it.each(['10.9.9.9', 'x@10.9.9.9:80', '10.9.9.9:80/x', '0x7f000001:80', ':80', '[::1%25]:1'])(
      'named %j are refused with 400',
      async (value) => {
        expect((await post('{}', { [HEADER]: value })).status).toBe(400);
        const both = await postPrefilled(fixture, '{}', { headers: { [HEADER]: value } });
        expect(both.status).toBe(400);
        expect(decodes()).toEqual([]);
      },
    );

    it('ask for a body that is JSON', async () => {
      expect((await post('{"a":', { [HEADER]: '10.9.9.9:8000' })).status).toBe(400);
      expect(decodes()).toEqual([]);
    });

    it('are not looked for on other paths', async () => {
      await post('{"a":', { [HEADER]: '10.9.9.9:8000' }, '/v1/embeddings');
      expect(decodes()).toEqual(['{"a":']);
    });
  });

  it.each(Object.keys(CONNECTORS))(
    'that are this pod leave a decode alone, with %s',
    async (name) => {
      const port = await freePort();
      await start({ ...CONNECTORS[name], podIp: '10.0.0.5', port });
      const bodies = ['{"kv_transfer_params": {"x":1} }', 'no JSON', ''];
      for (const body of bodies) {
        for (const value of [`10.0.0.5:${port}`, `[::ffff:10.0.0.5]:${port}`]) {
          expect((await post(body, { [HEADER]: value })).status).toBe(200);
          expect(decodes().at(-1)).toBe(body);
          expect(fixture.decoder.last.headers).not.toHaveProperty(HEADER);
        }
      }
      await until(() => fixture.log.requests.length === 2 * bodies.length);
      for (const line of fixture.log.requests) {
        expect(line).toMatchObject({ status: 200, path: '/v1/completions' });
        expect(line).not.toHaveProperty('kvSource');
        expect(line).not.toHaveProperty('connector');
      }
      await postPrefilled(fixture, '{}', { headers: { [HEADER]: `10.0.0.5:${port}` } });
      expect(fixture.prefiller.last.body.toString()).toContain('"remote_host":"10.0.0.5"');
    },
  );

  it('cost no memory that is not given back, whatever becomes of the request', async () => {
    const MIB = 1024 * 1024;
    await start({ ...CONNECTORS['offloading'], maxBufferedBytes: 5 * MIB });
    const headers = { [HEADER]: '10.9.9.9:8000' };
    const body = JSON.stringify({ prompt: 'x'.repeat(4 * MIB) });
    const answers = fixture.decoder.behaviour;
    for (const behaviour of [answers, json('no', 500), answers, RESET, answers]) {
      fixture.decoder.behaviour = behaviour;
      const answer = await post(body, headers);
      expect(answer.status).toBe(behaviour === answers ? 200 : behaviour === RESET ? 502 : 500);
      await answer.arrayBuffer();
      const [sent] = withNamedHandOvers(fixture.decoder.last.body);
      const params = `,"kv_transfer_params":{${pullFrom('10.9.9.9', 'U')}}}`;
      expect(sent === body.slice(0, -1) + params).toBe(true);
    }
    expect((await post(`${body.slice(0, -1)},"x":`, headers)).status).toBe(400);
    fixture.decoder.behaviour = NEVER;
    const leaving = new AbortController();
    const { signal } = leaving;
    const left = fetch(`${fixture.url}/v1/completions`, { method: 'POST', headers, body, signal });
    const before = fixture.decoder.requests.length;
    await fixture.decoder.received(before + 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await fixture.decoder.last.aborted;
    fixture.decoder.behaviour = answers;
    expect((await post(body, headers)).status).toBe(200);
  });

  it.each(['nixlv2', 'sglang', 'shared-storage'])(
    'mean nothing to %s, but must be well-formed',
    async (kvConnector) => {
      await start({ kvConnector });
      expect((await post('no JSON', { [HEADER]: '10.9.9.9:8000' })).status).toBe(200);
      expect(decodes()).toEqual(['no JSON']);
      await postPrefilled(fixture, '{}', { headers: { [HEADER]: '10.9.9.9:8000' } });
      for (const { last } of [fixture.prefiller, fixture.decoder]) {
        expect(last.body.toString()).not.toContain('10.9.9.9');
        expect(last.headers).not.toHaveProperty(HEADER);
      }
      expect((await post('{}', { [HEADER]: '10.9.9.9' })).status).toBe(400);
    },
  );

  describe('under SSRF protection', () => {
    beforeEach(async () => {
      const api = await FakeApiServer.start();
      const folder = await mkdtemp(join(tmpdir(), 'tandem-'));
      closers.push(
        () => api.stop(),
        () => rm(folder, { recursive: true }),
      );
      const kubeconfig = await api.writeKubeconfig(folder);
      api.createPool();
      api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
      api.createPod({ name: 'decode-9', ip: '10.9.9.9' });
      await start({
        ...CONNECTORS['offloading'],
        inferencePool: { namespace: 'demo', name: 'pool', kubeconfig },
        ssrf: { enabled: true, checkPorts: false, syncTimeout: 30_000, maxStaleness: 0 },
      });
      while (!(await fetch(`${fixture.url}/health/ready`)).ok);
    });

    it('are used when they are pods of the pool, at the address that was checked', async () => {
      for (const source of ['10.9.9.9:8000', 'decode-9:8000']) {
        await post('{}', { [HEADER]: source });
        expect(withNamedHandOvers(fixture.decoder.last.body)).toEqual([
          `{"kv_transfer_params":{${pullFrom('10.9.9.9', 'U')}}}`,
        ]);
        await postPrefilled(fixture, '{}', { headers: { [HEADER]: source } });
        expect(legs()[0]).toContain(pullFrom('10.9.9.9'));
      }
    });

    it('are ignored when they are not, with a line in the log', async () => {
      const evil = { [HEADER]: '10.6.6.6:8000' };
      expect((await post('no JSON', evil)).status).toBe(200);
      expect(decodes().at(-1)).toBe('no JSON');
      expect((await postPrefilled(fixture, '{}', { headers: evil })).status).toBe(200);
      expect(legs().join()).not.toContain('10.6.6.6');
      const lines = fixture.log.lines.filter(({ message }) => message.includes('source of KV'));
      expect(lines).toMatchObject([
        { level: 'warn', fields: { refused: [expect.stringContaining('10.6.6.6:8000')] } },
        { level: 'warn', fields: { refused: [expect.stringContaining('10.6.6.6:8000')] } },
      ]);
    });
  });
});
