import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { events, FakeEngine, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
const REDIRECT: EngineBehaviour = (response) => {
  response.writeHead(302, { location: '/' }).end();
};
/** Its head and an event, then nothing. */
const BEGIN: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
};
const TRANSFER = /"transfer_id":"(xfer-[0-9a-f-]{36})"/;

const named = (id: string): EngineBehaviour => json({ 0: { engine_id: id, worker_addr: {} } });

/** The transfer id of a leg. */
function transferOf({ last }: FakeEngine): string {
  return TRANSFER.exec(last.body.toString())![1]!;
}

describe('mooncake', () => {
  let bootstrap: FakeEngine;
  let fixture: SidecarFixture;
  const clients: RawClient[] = [];
  const start = async (config: Parameters<typeof startFixture>[0] = {}): Promise<SidecarFixture> =>
    startFixture({
      kvConnector: 'mooncake',
      connectorSettings: { mooncakeBootstrapPort: bootstrap.port },
      metricsPort: await freePort(),
      retryBackoff: 5,
      ...config,
    });
  beforeEach(async () => {
    bootstrap = await FakeEngine.start(named('eng-0'));
    fixture = await start();
  });
  afterEach(async () => {
    for (const one of clients.splice(0)) one.destroy();
    await fixture.stop();
    await bootstrap.stop();
  });

  /** Ends the process that the prefiller's bootstrap server is in, and starts another one. */
  const restart = async (id: string): Promise<void> => {
    const { port } = bootstrap;
    await bootstrap.stop();
    bootstrap = await FakeEngine.start(named(id), port);
  };
  const send = async (headers: readonly string[] = [], body = '{}'): Promise<RawClient> => {
    const client = await RawClient.connect(fixture.sidecar.port);
    clients.push(client);
    const prefiller = `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
    client.write(requestBytes('POST /v1/completions', [prefiller, ...headers], body));
    return client;
  };
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);
  const accessLine = async (): Promise<object> => {
    await until(() => fixture.log.requests.length === 1, 5000);
    return fixture.log.requests[0]!;
  };

  const ALL =
    '"max_tokens":50,"min_tokens":5,"n":4,"best_of":8,"max_completion_tokens":60,"max_output_tokens":70';
  it.each([
    [
      '/v1/chat/completions',
      `{"model":"m",${ALL},"stream":true,"stream_options":{"include_usage":true}}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70,"stream":false',
    ],
    [
      '/v1/chat/completions',
      '{"a":1.0}',
      '{"a":1.0,"max_tokens":1,"max_completion_tokens":1,"stream":false',
    ],
    [
      '/v1/completions',
      `{"model":"m",${ALL},"seed":12345678901234567890}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70,"seed":12345678901234567890,"stream":false',
    ],
    [
      '/v1/messages',
      `{"model":"m",${ALL}}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70,"stream":false',
    ],
    [
      '/v1/responses',
      '{"model":"m","max_output_tokens":70,"min_tokens":5,"stream":true}',
      '{"model":"m","max_output_tokens":1,"min_tokens":1,"stream":false',
    ],
    [
      '/inference/v1/generate',
      '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":50,"min_tokens":3,"n":2,"best_of":3}}',
      '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":1,"min_tokens":1,"n":1},"stream":false',
    ],
  ])('sends both engines a transfer at %s, byte for byte, of %s', async (path, body, limited) => {
    // Each answers when it knows that the other one has been asked.
    fixture.prefiller.behaviour = async (response, request) => {
      await fixture.decoder.received(1);
      await json({ prefilled: true })(response, request);
    };
    fixture.decoder.behaviour = async (response, request) => {
      await fixture.prefiller.received(1);
      await json({ decoded: true })(response, request);
    };
    const headers = { 'x-data-parallel-rank': '7' };
    const answer = await postPrefilled(fixture, body, { path, headers });
    expect([answer.status, await answer.text()]).toEqual([200, '{"decoded":true}']);
    const id = transferOf(fixture.prefiller);
    expect(fixture.prefiller.last.body.toString()).toBe(
      `${limited},"kv_transfer_params":{"do_remote_prefill":false,"do_remote_decode":true,"transfer_id":"${id}"}}`,
    );
    expect(fixture.decoder.last.body.toString()).toBe(
      `${body.slice(0, -1)},"kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"transfer_id":"${id}",` +
        `"remote_bootstrap_addr":"http://127.0.0.1:${bootstrap.port}","remote_engine_id":"eng-0"}}`,
    );
    expect([fixture.prefiller.last.url, fixture.decoder.last.url]).toEqual([path, path]);
    expect(fixture.prefiller.last.headers).toMatchObject({
      'x-kv-connector': 'mooncake',
      'x-data-parallel-rank': '0',
    });
    expect(fixture.decoder.last.headers).not.toHaveProperty('x-kv-connector');
    expect(fixture.decoder.last.headers).not.toHaveProperty('x-data-parallel-rank');
    const ids = [fixture.prefiller, fixture.decoder].map(
      ({ last }) => last.headers['x-request-id'],
    );
    expect(new Set([...ids, answer.headers.get('x-request-id')]).size).toBe(1);
  });

  it('asks for many requests at once, each of which is a transfer of its own', async () => {
    fixture.decoder.behaviour = events(['{"a":1}', '[DONE]']);
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        (await postPrefilled(fixture, '{"stream":true}')).text(),
      ),
    );
    expect(new Set(answers)).toEqual(new Set(['data: {"a":1}\n\ndata: [DONE]\n\n']));
    const ids = fixture.prefiller.requests.map(({ body }) => TRANSFER.exec(body.toString())![1]);
    expect(new Set(ids).size).toBe(20);
    // More than once where the machine takes its time.
    expect(bootstrap.requests.length).toBeLessThan(20);
    expect([bootstrap.last.method, bootstrap.last.url]).toEqual(['GET', '/query']);
    expect(bootstrap.last.headers).not.toHaveProperty('x-request-id');
  });

  it('serves requests that choose it', async () => {
    const other = await start({ kvConnector: 'nixlv2' });
    try {
      const headers = { 'x-connector-protocol': 'mooncake' };
      expect((await postPrefilled(other, '{}', { headers })).status).toBe(200);
      expect(transferOf(other.decoder)).toBe(transferOf(other.prefiller));
    } finally {
      await other.stop();
    }
  });

  it('names the engine of a prefiller that was restarted, in the very next request', async () => {
    const body = '{"prompt":"x"}';
    for (const id of ['eng-0', 'eng-1', 'eng-2']) {
      if (id !== 'eng-0') await restart(id);
      // What ends a process ends its connections; here all live in one, and the news is read in the next turn.
      await endOfTurn();
      await endOfTurn();
      expect((await postPrefilled(fixture, body)).status).toBe(200);
      expect(fixture.decoder.last.body.toString()).toContain(`"remote_engine_id":"${id}"`);
    }
    expect(await metric('sidecar_retries_total')).toBe(0);
  });

  describe('a bootstrap server', () => {
    it.each([
      ['that answers with an error', json('x', 500)],
      ['that redirects', REDIRECT],
      ['that answers no JSON', json('<html>')],
      ['where no engine has registered yet', json({})],
      ['that hangs up', RESET],
    ])('%s is a failed attempt, and a 502 in the end', async (_, behaviour) => {
      bootstrap.behaviour = behaviour;
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, (await errorOf(answer)).type]).toEqual([502, 'BadGatewayError']);
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([0, 0]);
      expect(await accessLine()).toMatchObject({ status: 502, error: 'prefill_bootstrap' });
      expect(await metric('sidecar_retries_total')).toBe(3);
    });

    it('that comes up late is asked again', async () => {
      bootstrap.behaviour = (response, request) =>
        (bootstrap.requests.length === 1 ? json({}) : named('eng-0'))(response, request);
      expect((await postPrefilled(fixture, '{}')).status).toBe(200);
      expect(bootstrap.requests).toHaveLength(2);
      expect(await metric('sidecar_retries_total')).toBe(1);
    });

    it('that cannot be asked lets the next candidate prefill', async () => {
      // Nobody listens at the bootstrap port of this address.
      const headers = { 'x-prefiller-host-port': `127.0.0.7:1,${fixture.prefiller.hostPort}` };
      const answer = await postPrefilled(fixture, '{}', { headers });
      expect(answer.status).toBe(200);
      expect(fixture.decoder.requests).toHaveLength(1);
      expect(await metric('sidecar_prefill_fallbacks_total')).toBe(1);
    });

    it('that fails again and again opens the breaker', async () => {
      bootstrap.behaviour = json('x', 500);
      await fixture.stop();
      fixture = await start({ prefillMaxRetries: 0 });
      for (let i = 0; i < 5; i++) expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      expect((await postPrefilled(fixture, '{}')).status).toBe(503);
      expect(bootstrap.requests).toHaveLength(5);
    });

    it('that is slow keeps nobody who leaves, and serves those who stay', async () => {
      bootstrap.behaviour = NEVER;
      const leaving = await send(['x-request-id: leaving']);
      await bootstrap.received(1);
      const staying = await send(['x-request-id: staying']);
      leaving.destroy();
      await until(() => fixture.log.requests.length === 1, 5000);
      expect(fixture.log.requests[0]).toMatchObject({
        requestId: 'leaving',
        outcome: 'client_gone',
        status: 499,
      });
      expect(bootstrap.requests).toHaveLength(1);
      expect(fixture.prefiller.requests).toHaveLength(0);
      // The question is still under way, and its answer is for whoever stayed.
      answerTo(bootstrap);
      await until(() => staying.received.includes('200 OK'), 5000);
      expect(fixture.prefiller.requests.map(({ headers }) => headers['x-request-id'])).toEqual([
        'staying',
      ]);
      expect(bootstrap.requests).toHaveLength(1);
    });
  });

  describe('a prefill that fails before the answer began', () => {
    it.each([
      ['500', json('why', 500), 502],
      ['a reset', RESET, 504],
      ['400', json('why', 400), 400],
    ] as const)('with %s ends the decode and is the answer, once', async (_, failing, status) => {
      fixture.decoder.behaviour = NEVER;
      fixture.prefiller.behaviour = async (response, request) => {
        await fixture.decoder.received(1);
        await failing(response, request);
      };
      expect((await postPrefilled(fixture, '{}')).status).toBe(status);
      await fixture.decoder.last.aborted;
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 1]);
      expect(await accessLine()).toMatchObject({ status, connector: 'mooncake' });
    });

    it('with a connection that is refused asks the next candidate, as another transfer', async () => {
      const refusing = `127.0.0.1:${await freePort()}`;
      const headers = { 'x-prefiller-host-port': `${refusing},${fixture.prefiller.hostPort}` };
      expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 1]);
      expect(transferOf(fixture.decoder)).toBe(transferOf(fixture.prefiller));
    });
  });

  describe('a prefill whose first token ends the answer, so that its KV is not kept', () => {
    const ENDED = '{"choices":[{"text":"","finish_reason":"stop","stop_reason":null}]}';
    beforeEach(() => {
      fixture.decoder.behaviour = NEVER;
      fixture.prefiller.behaviour = async (response, request) => {
        await fixture.decoder.received(1);
        await json(ENDED)(response, request);
      };
    });

    it.each([
      ['/v1/completions', '{"max_tokens":5}'],
      ['/v1/chat/completions', '{"stream":false,"n":1}'],
      ['/inference/v1/generate', '{"sampling_params":{"n":null}}'],
    ])('is the answer at %s of %s, and ends the decode', async (path, body) => {
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, await answer.text()]).toEqual([200, ENDED]);
      await fixture.decoder.last.aborted;
    });

    it.each([
      ['/v1/completions', '{"stream":true}'],
      ['/v1/chat/completions', '{"n":2}'],
      ['/inference/v1/generate', '{"sampling_params":{"n":2}}'],
    ])('is a 502 at %s of %s, and ends the decode', async (path, body) => {
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, (await errorOf(answer)).type]).toEqual([502, 'BadGatewayError']);
      await fixture.decoder.last.aborted;
      expect(await accessLine()).toMatchObject({ error: 'prefill_ended_early' });
    });
  });

  it('cuts an answer that has begun when its prefill fails', async () => {
    fixture.decoder.behaviour = BEGIN;
    const client = await send();
    fixture.prefiller.behaviour = async (response, request) => {
      await until(() => client.received.includes('data:'), 5000);
      await RESET(response, request);
    };
    await client.ended();
    expect(client.received.toString()).toContain('data: {"a":1}');
    expect(await accessLine()).toMatchObject({ status: 200, outcome: 'upstream_cut' });
  });

  it('ends the prefill when the decode fails', async () => {
    fixture.prefiller.behaviour = NEVER;
    fixture.decoder.behaviour = json('no', 500);
    const answer = await postPrefilled(fixture, '{}');
    expect([answer.status, await answer.text()]).toEqual([500, 'no']);
    await fixture.prefiller.last.aborted;
  });

  it('ends both legs when the client leaves', async () => {
    fixture.prefiller.behaviour = fixture.decoder.behaviour = NEVER;
    const client = await send();
    await fixture.decoder.received(1);
    await fixture.prefiller.received(1);
    client.destroy();
    await fixture.prefiller.last.aborted;
    await fixture.decoder.last.aborted;
    expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status: 499 });
  });
});

/** Answers the question that waits. */
function answerTo({ last }: FakeEngine): void {
  const body = JSON.stringify({ 0: { engine_id: 'eng-0' } });
  last.socket.write(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}
