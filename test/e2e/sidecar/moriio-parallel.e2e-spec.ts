import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { events, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { LIMITED_BODIES } from '../../support/limited-bodies.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { kvParamsOf, writeMode } from '../../support/moriio.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => void response.socket?.resetAndDestroy();
/** Its head and an event, then nothing. */
const BEGIN: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
};

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('moriio, both legs at once', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  const clients: RawClient[] = [];
  const start = async (...flags: string[]): Promise<void> => {
    fixture = await startFixture({
      ...writeMode('--moriio-parallel-dispatch', ...flags),
      ...{ retryBackoff: 5, metricsPort: await freePort() },
    });
    client = await RawClient.connect(fixture.sidecar.port);
    clients.push(client);
  };
  const restart = async (...flags: string[]): Promise<void> => {
    await fixture.stop();
    await start(...flags);
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const one of clients.splice(0)) one.destroy();
    await fixture.stop();
  });

  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);
  const accessLine = async (): Promise<object> => {
    await until(() => fixture.log.requests.length === 1, 5000);
    return fixture.log.requests[0]!;
  };
  const ask = (): void =>
    client.write(
      requestBytes(
        'POST /v1/completions',
        [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`],
        '{}',
      ),
    );
  /** A prefill that ends when it is told to. */
  const gate = (behaviour: EngineBehaviour): (() => void) => {
    const opened = Promise.withResolvers<void>();
    fixture.prefiller.behaviour = async (response, request) => {
      await opened.promise;
      await behaviour(response, request);
    };
    return () => opened.resolve();
  };

  it.each(LIMITED_BODIES)(
    'sends both legs at %s, byte for byte, of %s',
    async (path, body, limited) => {
      fixture.prefiller.behaviour = async (response, request) => {
        await fixture.decoder.received(1);
        await json({})(response, request);
      };
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, await answer.text()]).toEqual([200, '{"ok":true}']);
      const id = `tx${answer.headers.get('x-request-id')}`;
      const shared =
        '"remote_notify_port":61005,"remote_dp_rank":0,"remote_dp_rank_override":true,' +
        `"remote_handshake_port":6301,"transfer_id":"${id}","tp_size":1,"remote_dp_size":1}}`;
      expect(fixture.prefiller.last.body.toString()).toBe(
        `${limited},"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false,` +
          '"remote_engine_id":null,"remote_block_ids":null,"remote_host":"127.0.0.1","remote_port":null,' +
          shared,
      );
      expect(fixture.decoder.last.body.toString()).toBe(
        `${body.slice(0, -1)},"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,` +
          '"remote_engine_id":"127.0.0.1:6301","remote_block_ids":[],"remote_host":"127.0.0.1","remote_port":6301,' +
          shared,
      );
      expect([fixture.prefiller.last.url, fixture.decoder.last.url]).toEqual([path, path]);
      expect(fixture.prefiller.last.headers).toMatchObject({ 'x-kv-connector': 'moriio' });
    },
  );

  it('pins both legs to the rank of the request id, within a pod', async () => {
    await restart(
      ...['--moriio-dp-size=8', '--moriio-dp-size-local=4', '--moriio-tp-size=2'],
      ...['--moriio-remote-hosts=10.0.0.1,10.0.0.2', '--moriio-decode-hosts=10.0.1.1,10.0.1.2'],
    );
    const headers = { 'x-request-id': 'cmpl-foo-0', 'x-data-parallel-rank': '7' };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    for (const leg of [fixture.prefiller.last, fixture.decoder.last]) {
      expect(leg.headers['x-data-parallel-rank']).toBe('1');
      expect(kvParamsOf(leg)).toMatchObject({
        ...{ remote_dp_rank: 1, remote_dp_size: 8, remote_dp_size_local: 4, tp_size: 2 },
      });
    }
    expect(kvParamsOf(fixture.prefiller.last)['remote_hosts']).toEqual(['10.0.1.1', '10.0.1.2']);
    expect(kvParamsOf(fixture.decoder.last)).toMatchObject({
      ...{ remote_hosts: ['127.0.0.1'], is_request_leader: true },
    });
  });

  it('keeps the answer back until the prefill is done, and streams on from there', async () => {
    const open = gate(json({}));
    let decode!: Parameters<EngineBehaviour>[0];
    fixture.decoder.behaviour = (response, request) => {
      decode = response;
      return BEGIN(response, request);
    };
    ask();
    await fixture.decoder.received(1);
    await pause();
    expect(client.received.length).toBe(0);
    open();
    await until(() => client.received.includes('{"a":1}'), 5000);
    decode.write('data: {"a":2}\n\n');
    await until(() => client.received.includes('{"a":2}'), 5000);
    decode.end();
    await until(() => client.received.toString().endsWith('0\r\n\r\n'), 5000);
    expect(await accessLine()).toMatchObject({ status: 200, connector: 'moriio' });
  });

  describe('a prefill that fails though the decoder has answered', () => {
    it.each([
      ['500', json('why', 500), 502, 'http'],
      ['a reset', RESET, 504, 'network'],
    ] as const)('with %s is the answer', async (_, failing, status, type) => {
      fixture.decoder.behaviour = BEGIN;
      const open = gate(failing);
      const asked = postPrefilled(fixture, '{}');
      await fixture.decoder.received(1);
      await pause();
      open();
      const answer = await asked;
      const { upstream } = await errorOf(answer);
      expect([answer.status, upstream?.body]).toEqual([status, status === 502 ? 'why' : undefined]);
      await fixture.decoder.last.aborted;
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 1]);
      expect(await accessLine()).toMatchObject({ status, outcome: 'failed' });
      expect(await metric(`sidecar_errors_total{type="${type}"}`)).toBe(1);
    });

    it.each([302, 400, 429])('with %i has its answer forwarded', async (status) => {
      fixture.decoder.behaviour = json({ whole: true });
      const open = gate((response) => void response.writeHead(status, { 'x-up': '1' }).end('why'));
      const asked = postPrefilled(fixture, '{}');
      await fixture.decoder.received(1);
      await pause();
      open();
      const answer = await asked;
      expect([answer.status, await answer.text()]).toEqual([status, 'why']);
      expect(answer.headers.get('x-up')).toBe('1');
    });
  });

  it('ends both legs with 504 when the prefill takes too long', async () => {
    await restart('--moriio-parallel-decode-wait-timeout=100ms');
    fixture.prefiller.behaviour = NEVER;
    fixture.decoder.behaviour = BEGIN;
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, await errorOf(answer)]).toEqual([
      504,
      {
        message:
          'The decode was ended: its prefill did not finish within --moriio-parallel-decode-wait-timeout.',
        ...{ type: 'GatewayTimeoutError', param: null, code: 504 },
      },
    ]);
    await fixture.prefiller.last.aborted;
    await fixture.decoder.last.aborted;
    expect(await accessLine()).toMatchObject({ status: 504, error: 'prefill_late' });
    expect(await metric('sidecar_errors_total{type="timeout"}')).toBe(1);
  });

  it('asks the next candidate when one cannot be reached, and decodes once', async () => {
    const headers = {
      'x-prefiller-host-port': `127.0.0.1:${await freePort()},${fixture.prefiller.hostPort}`,
    };
    expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
    expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 1]);
  });

  describe('a decode that fails', () => {
    it('ends the prefill and is the answer', async () => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = RESET;
      expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      await fixture.prefiller.last.aborted;
    });

    it('with a status has it forwarded at once, and ends the prefill', async () => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = json('no', 422);
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, await answer.text()]).toEqual([422, 'no']);
      await fixture.prefiller.last.aborted;
    });

    it('while its answer is kept back is a cut, never an answer that looks whole', async () => {
      const open = gate(json({}));
      fixture.decoder.behaviour = async (response, request) => {
        await BEGIN(response, request);
        setTimeout(() => response.socket?.resetAndDestroy(), 20);
      };
      ask();
      await fixture.decoder.received(1);
      await pause();
      open();
      await client.ended();
      expect(client.received.toString()).not.toMatch(/\r\n0\r\n/);
      expect(await accessLine()).toMatchObject({ outcome: expect.not.stringMatching('ok') });
    });

    it('within what is streamed cuts it', async () => {
      fixture.decoder.behaviour = async (response, request) => {
        await BEGIN(response, request);
        setTimeout(() => response.socket?.resetAndDestroy(), 50);
      };
      fixture.prefiller.behaviour = json({});
      ask();
      await client.ended();
      expect(client.received.toString()).toContain('{"a":1}');
      expect(await accessLine()).toMatchObject({ outcome: 'upstream_cut', status: 200 });
    });
  });

  it.each([
    ['no answer', NEVER],
    ['an answer that is kept back', BEGIN],
  ])('ends both legs when the client leaves with %s', async (_, decoder) => {
    fixture.prefiller.behaviour = NEVER;
    fixture.decoder.behaviour = decoder;
    ask();
    await fixture.decoder.received(1);
    await pause();
    client.destroy();
    await fixture.prefiller.last.aborted;
    await fixture.decoder.last.aborted;
    expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status: 499 });
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('serves many at once, each on a transfer of its own', async () => {
    fixture.decoder.behaviour = events(['{"a":1}', '[DONE]']);
    const answers = await Promise.all(
      Array.from({ length: 30 }, async () => (await postPrefilled(fixture, '{}')).text()),
    );
    expect(new Set(answers)).toEqual(new Set(['data: {"a":1}\n\ndata: [DONE]\n\n']));
    const ids = (engine: SidecarFixture['decoder']): Set<unknown> =>
      new Set(engine.requests.map((request) => kvParamsOf(request)['transfer_id']));
    expect(ids(fixture.prefiller).size).toBe(30);
    expect(ids(fixture.decoder)).toEqual(ids(fixture.prefiller));
  });
});
