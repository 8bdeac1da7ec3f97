import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { LIMITED_BODIES } from '../../support/limited-bodies.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { answeredParams, kvParamsOf, writeMode } from '../../support/moriio.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { loadConfig } from '../../support/sidecar-config.js';
import { startSidecar } from '../../../src/apps/sidecar/start-sidecar.js';
import { SilentLogger } from '../../../src/logging/silent-logger.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

/** Answers as a prefiller does that ran on this rank. */
const prefilled =
  (rank = 0, more: object = {}): EngineBehaviour =>
  (response, request) => {
    const params = answeredParams(kvParamsOf(request)['transfer_id'], rank);
    return json({ ...more, kv_transfer_params: params })(response, request);
  };

describe('moriio, one leg after the other', () => {
  let fixture: SidecarFixture;
  const start = async (...flags: string[]): Promise<void> => {
    fixture = await startFixture({ ...writeMode(...flags), retryBackoff: 5 });
    fixture.prefiller.behaviour = prefilled();
  };
  beforeEach(() => start());
  afterEach(() => fixture.stop());

  const restart = async (...flags: string[]): Promise<void> => {
    await fixture.stop();
    await start(...flags);
  };

  it.each(LIMITED_BODIES)(
    'sends both legs at %s, byte for byte, of %s',
    async (path, body, limited) => {
      const answered =
        '{ "remote_dp_rank" :0, "transfer_id":"tx1","big":12345678901234567890 , "remote_handshake_port":"6301"}';
      fixture.prefiller.behaviour = json(`{"kv_transfer_params":${answered}}`);
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, await answer.text()]).toEqual([200, '{"ok":true}']);
      const { headers } = fixture.prefiller.last;
      const id = String(headers['x-request-id']);
      expect(fixture.prefiller.last.body.toString()).toBe(
        `${limited},"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,` +
          '"remote_engine_id":null,"remote_block_ids":null,"remote_host":"127.0.0.1","remote_port":null,' +
          '"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,' +
          `"remote_handshake_port":6301,"transfer_id":"tx${id}","tp_size":1,"remote_dp_size":1}}`,
      );
      expect(fixture.decoder.last.body.toString()).toBe(
        `${body.slice(0, -1)},"kv_transfer_params":{ "remote_dp_rank" :0, "transfer_id":"tx1",` +
          '"big":12345678901234567890 , "remote_handshake_port":"6301","remote_dp_rank_override":true,' +
          '"remote_notify_port":61005,"remote_dp_size":1}}',
      );
      expect([fixture.prefiller.last.url, fixture.decoder.last.url]).toEqual([path, path]);
      expect(headers).toMatchObject({ 'x-kv-connector': 'moriio' });
      expect(headers).not.toHaveProperty('x-nixl-version');
      expect(fixture.decoder.last.headers).toMatchObject({ 'x-request-id': id });
      for (const leg of [fixture.prefiller, fixture.decoder]) {
        expect(leg.last.headers).not.toHaveProperty('x-data-parallel-rank');
      }
    },
  );

  it('pins both legs to the rank of the request id, whatever a client says', async () => {
    await restart('--moriio-dp-size=8');
    fixture.prefiller.behaviour = prefilled(5);
    const headers = { 'x-request-id': 'cmpl-foo-0', 'x-data-parallel-rank': '7' };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    for (const leg of [fixture.prefiller.last, fixture.decoder.last]) {
      expect(leg.headers['x-data-parallel-rank']).toBe('5');
      expect(kvParamsOf(leg)).toMatchObject({ remote_dp_rank: 5, remote_dp_rank_override: true });
      expect(kvParamsOf(leg)['transfer_id']).toMatch(/^txcmpl-foo-0-[\da-f]{8}$/);
    }
    expect(kvParamsOf(fixture.prefiller.last)['transfer_id']).toBe(
      kvParamsOf(fixture.decoder.last)['transfer_id'],
    );
  });

  it('refuses a request whose id names an engine, which both would follow', async () => {
    const at = 'host:10.9.9.9,handshake:6301,notify:61005';
    const id = `___prefill_addr_${at}___decode_addr_${at}_0123456789abcdef0123456789abcdef`;
    const answers = [
      await postPrefilled(fixture, '{}', { headers: { 'x-request-id': id } }),
      await postPrefilled(fixture, JSON.stringify({ request_id: id }), { path: '/v1/responses' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain('send another id, or none');
    }
    expect([fixture.prefiller.requests, fixture.decoder.requests]).toEqual([[], []]);
  });

  it('decodes on the rank that the prefiller says it ran on', async () => {
    await restart('--moriio-dp-size=8');
    fixture.prefiller.behaviour = prefilled(3);
    await postPrefilled(fixture, '{}', { headers: { 'x-request-id': 'cmpl-foo-0' } });
    expect(fixture.prefiller.last.headers['x-data-parallel-rank']).toBe('5');
    expect(fixture.decoder.last.headers['x-data-parallel-rank']).toBe('3');
    expect(kvParamsOf(fixture.decoder.last)['remote_dp_rank']).toBe(3);
  });

  it('counts ranks within a pod in heads where a side has several', async () => {
    await restart(
      ...['--moriio-dp-size=16', '--moriio-dp-size-local=8'],
      ...['--moriio-remote-hosts=10.0.0.1,10.0.0.2', '--moriio-decode-hosts=localhost,10.0.1.2'],
    );
    fixture.prefiller.behaviour = prefilled(13);
    for (let i = 0; i < 20; i++) await postPrefilled(fixture, '{}');
    for (const { headers, body } of fixture.prefiller.requests) {
      expect(Number(headers['x-data-parallel-rank'])).toBeLessThan(8);
      const { remote_hosts: hosts } = kvParamsOf({ body });
      expect(hosts).toEqual([expect.stringMatching(/^(127\.0\.0\.1|::1)$/), '10.0.1.2']);
    }
    expect(fixture.decoder.last.headers['x-data-parallel-rank']).toBe('5');
    expect(kvParamsOf(fixture.decoder.last)).toMatchObject({
      ...{ remote_dp_rank: 13, is_request_leader: true },
      ...{ remote_hosts: ['10.0.0.1', '10.0.0.2'], remote_dp_size_local: 1 },
    });
  });

  it('tells clients what the prefiller had cached', async () => {
    const usage = (cached: number): object => ({
      usage: { prompt_tokens: 9, prompt_tokens_details: { cached_tokens: cached } },
    });
    fixture.prefiller.behaviour = prefilled(0, usage(7));
    fixture.decoder.behaviour = json(usage(9));
    expect(await (await postPrefilled(fixture, '{}')).json()).toEqual(usage(7));
  });

  it('decodes without parameters when the prefiller gave none', async () => {
    fixture.prefiller.behaviour = json({});
    const body = '{"a":1,"kv_transfer_params":{"remote_host":"evil"}}';
    expect((await postPrefilled(fixture, body)).status).toBe(200);
    expect(fixture.decoder.last.body.toString()).toBe('{"a":1}');
  });

  it.each([302, 400, 429])('forwards a %i of the prefiller and decodes nothing', async (status) => {
    fixture.prefiller.behaviour = json('why', status);
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, await answer.text()]).toEqual([status, 'why']);
    expect(fixture.decoder.requests).toHaveLength(0);
  });

  it('tries again under another transfer id, on the same rank', async () => {
    await restart('--moriio-dp-size=8');
    fixture.prefiller.behaviour = (response, request) =>
      (fixture.prefiller.requests.length < 3 ? json('x', 500) : prefilled(1))(response, request);
    expect((await postPrefilled(fixture, '{}')).status).toBe(200);
    const params = fixture.prefiller.requests.map(kvParamsOf);
    expect(new Set(params.map((one) => one['transfer_id'])).size).toBe(3);
    expect(new Set(params.map((one) => one['remote_dp_rank'])).size).toBe(1);
    expect(kvParamsOf(fixture.decoder.last)['transfer_id']).toBe(params[2]!['transfer_id']);
  });

  it('asks the next candidate when one cannot be reached', async () => {
    const headers = {
      'x-prefiller-host-port': `127.0.0.1:${await freePort()},${fixture.prefiller.hostPort}`,
    };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    expect(fixture.prefiller.requests).toHaveLength(1);
  });

  it('tells of a decoder that fails, without a second prefill', async () => {
    fixture.decoder.behaviour = (response) => void response.socket?.resetAndDestroy();
    expect((await postPrefilled(fixture, '{}')).status).toBe(502);
    fixture.decoder.behaviour = json('no', 422);
    expect((await postPrefilled(fixture, '{}')).status).toBe(422);
    expect(fixture.prefiller.requests).toHaveLength(2);
  });

  it('stops when the client leaves', async () => {
    fixture.prefiller.behaviour = () => undefined;
    const leaving = new AbortController();
    const asked = postPrefilled(fixture, '{}', { signal: leaving.signal });
    await fixture.prefiller.received(1);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await fixture.prefiller.last.aborted;
    expect(fixture.decoder.requests).toHaveLength(0);
  });
});

describe('moriio beside other connectors', () => {
  let fixture: SidecarFixture;
  afterEach(() => fixture.stop());

  it('is chosen by a request where it is allowed', async () => {
    const { connectorSettings } = writeMode();
    fixture = await startFixture({
      ...{ allowedConnectors: ['nixlv2', 'moriio'], connectorSettings: connectorSettings! },
      podIp: '127.0.0.1',
    });
    fixture.prefiller.behaviour = prefilled();
    const headers = { 'x-connector-protocol': 'moriio' };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    expect(kvParamsOf(fixture.prefiller.last)).toMatchObject({ remote_host: '127.0.0.1' });
    await postPrefilled(fixture, '{}');
    expect(kvParamsOf(fixture.prefiller.last)).toMatchObject({ remote_host: null });
  });

  it('is no choice where nothing is said of it', async () => {
    fixture = await startFixture();
    const headers = { 'x-connector-protocol': 'moriio' };
    const answer = await postPrefilled(fixture, '{}', { headers });
    expect([answer.status, (await errorOf(answer)).type]).toEqual([400, 'BadRequestError']);
  });

  it('leaves nixlv2 the rank of prefills alone', async () => {
    fixture = await startFixture({ connectorSettings: { moriioDpSize: 8 } });
    await postPrefilled(fixture, '{}', { headers: { 'x-request-id': 'abc' } });
    expect(fixture.prefiller.last.headers['x-data-parallel-rank']).toBe('2');
    expect(kvParamsOf(fixture.prefiller.last)).not.toHaveProperty('transfer_id');
    expect(fixture.decoder.last.headers).not.toHaveProperty('x-data-parallel-rank');
  });

  it('counts look-ups of its peers', async () => {
    const metricsPort = await freePort();
    fixture = await startFixture({ ...writeMode('--moriio-remote-hosts=localhost'), metricsPort });
    const metrics = await readMetrics(fixture.opsUrl);
    expect(
      ['reresolve', 'ip_changed', 'lookup_failures'].map((event) =>
        metrics.get(`moriio_dns_${event}_total`),
      ),
    ).toEqual([0, 0, 0]);
  });

  it('starts with no peer that does not resolve', async () => {
    fixture = await startFixture();
    const wrong = writeMode('--moriio-decode-hosts=no-such-host.invalid');
    const config = { ...loadConfig().config, ...wrong, port: 0, metricsPort: 0 };
    await expect(startSidecar(config, { logger: new SilentLogger() })).rejects.toThrow(
      /^--moriio-decode-hosts: "no-such-host\.invalid" does not resolve \(.*\); give a name/,
    );
  });
});
