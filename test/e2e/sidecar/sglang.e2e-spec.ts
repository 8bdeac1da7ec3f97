import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  events,
  json,
  type EngineBehaviour,
  type ReceivedRequest,
} from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const PORT = 8997;
const MEET = /"bootstrap_host":"127\.0\.0\.1","bootstrap_port":8997,"bootstrap_room":(\d+)/;

/** The digits of a leg's room, as text. @throws for a leg that is not sent to one, exactly spelled */
function roomOf({ body }: Pick<ReceivedRequest, 'body'>): string {
  const [, room] = MEET.exec(body.toString())!;
  return room!;
}

/** Both sides of SGLang's hand-over: each engine waits until the other one is in its room. */
class Rooms {
  private readonly entered = new Map<string, Set<string>>();
  private readonly waiting: (() => void)[] = [];

  /** An engine that answers when the other is there too. */
  engine(side: 'prefill' | 'decode', behaviour: EngineBehaviour): EngineBehaviour {
    return async (response, request) => {
      const room = roomOf(request);
      const sides = this.entered.get(room) ?? new Set();
      this.entered.set(room, sides.add(side));
      for (const wake of this.waiting.splice(0)) wake();
      while (sides.size < 2) await new Promise<void>((resolve) => this.waiting.push(resolve));
      await behaviour(response, request);
    };
  }
}

const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
/** Its head and an event, then nothing. */
const BEGIN: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
};

describe('sglang', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  const clients: RawClient[] = [];
  beforeEach(async () => {
    fixture = await startFixture({
      kvConnector: 'sglang',
      connectorSettings: { sglangBootstrapPort: PORT },
      metricsPort: await freePort(),
      retryBackoff: 5,
    });
    client = await RawClient.connect(fixture.sidecar.port);
    clients.push(client);
  });
  afterEach(async () => {
    for (const one of clients.splice(0)) one.destroy();
    await fixture.stop();
  });

  const prefilled = (body = '{}'): Buffer =>
    requestBytes(
      'POST /v1/completions',
      [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`, 'x-request-id: mine'],
      body,
    );
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
      `{"model":"m",${ALL}}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70',
    ],
    ['/v1/chat/completions', '{"a":1.0}', '{"a":1.0,"max_tokens":1,"max_completion_tokens":1'],
    [
      '/v1/completions',
      `{"model":"m",${ALL},"seed":12345678901234567890,"stream":true}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70,"seed":12345678901234567890,"stream":true',
    ],
    [
      '/v1/messages',
      `{"model":"m",${ALL}}`,
      '{"model":"m","max_tokens":1,"min_tokens":1,"n":1,"max_completion_tokens":1,"max_output_tokens":70',
    ],
    [
      '/v1/responses',
      '{"model":"m","max_output_tokens":70,"min_tokens":5,"stream":false}',
      '{"model":"m","max_output_tokens":1,"min_tokens":1,"stream":false',
    ],
    [
      '/inference/v1/generate',
      '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":50,"min_tokens":3,"n":2,"best_of":3}}',
      '{"token_ids":[1],"sampling_params":{"temperature":0.50,"max_tokens":1,"min_tokens":1,"n":1}',
    ],
  ])('sends both engines to a room at %s, byte for byte, of %s', async (path, body, limited) => {
    const rooms = new Rooms();
    fixture.prefiller.behaviour = rooms.engine('prefill', json({ prefilled: true }));
    fixture.decoder.behaviour = rooms.engine('decode', json({ decoded: true }));
    const answer = await postPrefilled(fixture, body, { path });
    expect([answer.status, await answer.text()]).toEqual([200, '{"decoded":true}']);
    const room = roomOf(fixture.prefiller.last);
    expect(BigInt(room) > 2n ** 53n).toBe(true);
    const meet = `"bootstrap_host":"127.0.0.1","bootstrap_port":${PORT},"bootstrap_room":${room}}`;
    expect(fixture.prefiller.last.body.toString()).toBe(`${limited},${meet}`);
    expect(fixture.decoder.last.body.toString()).toBe(`${body.slice(0, -1)},${meet}`);
    expect([fixture.prefiller.last.url, fixture.decoder.last.url]).toEqual([path, path]);
    expect(fixture.prefiller.last.headers).toMatchObject({ 'x-kv-connector': 'sglang' });
    expect(fixture.decoder.last.headers).not.toHaveProperty('x-kv-connector');
    const ids = [fixture.prefiller, fixture.decoder].map(
      ({ last }) => last.headers['x-request-id'],
    );
    expect(new Set([...ids, answer.headers.get('x-request-id')]).size).toBe(1);
  });

  it('streams the decode while engines meet, each request in a room of its own', async () => {
    const rooms = new Rooms();
    fixture.prefiller.behaviour = rooms.engine('prefill', json({}));
    fixture.decoder.behaviour = rooms.engine('decode', events(['{"a":1}', '{"a":2}', '[DONE]']));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () =>
        (await postPrefilled(fixture, '{"stream":true}')).text(),
      ),
    );
    expect(new Set(answers)).toEqual(
      new Set(['data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n']),
    );
    expect(new Set(fixture.prefiller.requests.map(roomOf)).size).toBe(20);
    await until(() => fixture.log.requests.length === 20, 5000);
    expect(await metric('sidecar_prefill_duration_seconds_count')).toBe(20);
    expect(await metric('sidecar_decode_duration_seconds_count')).toBe(20);
  });

  it('serves requests that choose it, with long prompts too', async () => {
    const other = await startFixture({ connectorSettings: { sglangBootstrapPort: PORT } });
    try {
      const body = `{"prompt":"${'x'.repeat(300_000)}"}`;
      const headers = { 'x-connector-protocol': 'sglang' };
      expect((await postPrefilled(other, body, { headers })).status).toBe(200);
      expect(other.decoder.last.body.toString().startsWith(body.slice(0, -1))).toBe(true);
      expect(roomOf(other.decoder.last)).toBe(roomOf(other.prefiller.last));
    } finally {
      await other.stop();
    }
  });

  describe('a prefill that fails before the answer began', () => {
    it.each([
      ['500', json('why', 500), 502, 'http'],
      ['503', json('busy', 503), 502, 'http'],
      ['an error within a stream', events(['{"error":{"message":"why"}}', '[DONE]']), 502, 'http'],
      ['a reset', RESET, 504, 'network'],
    ] as const)(
      'with %s ends the decode and is the answer, once',
      async (_, failing, status, type) => {
        fixture.decoder.behaviour = NEVER;
        fixture.prefiller.behaviour = async (response, request) => {
          await fixture.decoder.received(1);
          await failing(response, request);
        };
        const answer = await postPrefilled(fixture, '{}');
        expect(answer.status).toBe(status);
        const error = await errorOf(answer);
        if (status === 502) expect(error.upstream!.body).toMatch(/why|busy/);
        await fixture.decoder.last.aborted;
        expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([
          1, 1,
        ]);
        expect(await accessLine()).toMatchObject({
          status,
          outcome: 'failed',
          connector: 'sglang',
        });
        expect(await metric(`sidecar_errors_total{type="${type}"}`)).toBe(1);
        expect(await metric('sidecar_retries_total')).toBe(0);
      },
    );

    it.each([302, 400, 429])('with %s has its answer forwarded', async (status) => {
      fixture.decoder.behaviour = NEVER;
      fixture.prefiller.behaviour = async (response) => {
        await fixture.decoder.received(1);
        response.writeHead(status, { 'x-up': '1', 'content-type': 'text/x' }).end('why');
      };
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, await answer.text()]).toEqual([status, 'why']);
      expect(answer.headers.get('x-up')).toBe('1');
      await fixture.decoder.last.aborted;
      expect(await accessLine()).toMatchObject({ status });
    });

    it('in time is a 504', async () => {
      await fixture.stop();
      fixture = await startFixture({ kvConnector: 'sglang', prefillerTimeout: 100 });
      fixture.prefiller.behaviour = fixture.decoder.behaviour = NEVER;
      expect((await postPrefilled(fixture, '{}')).status).toBe(504);
      await fixture.prefiller.last.aborted;
      await fixture.decoder.last.aborted;
    });

    it('with a connection that is refused asks the next candidate, in another room, and decodes once', async () => {
      const refusing = `127.0.0.1:${await freePort()}`;
      const headers = { 'x-prefiller-host-port': `${refusing},${fixture.prefiller.hostPort}` };
      const rooms = new Rooms();
      fixture.prefiller.behaviour = rooms.engine('prefill', json({}));
      fixture.decoder.behaviour = rooms.engine('decode', json({ ok: 1 }));
      const answer = await postPrefilled(fixture, '{}', { headers });
      expect([answer.status, await answer.text()]).toEqual([200, '{"ok":1}']);
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 1]);
      expect(await metric('sidecar_prefill_fallbacks_total')).toBe(1);
    });

    it('with connections that are refused to the last is a 504, and decodes nothing', async () => {
      const headers = { 'x-prefiller-host-port': `127.0.0.1:${await freePort()}` };
      expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(504);
      expect(fixture.decoder.requests).toHaveLength(0);
      expect(await metric('sidecar_retries_total')).toBe(3);
    });

    it('again and again opens the breaker', async () => {
      fixture.prefiller.behaviour = json('x', 500);
      fixture.decoder.behaviour = NEVER;
      for (let i = 0; i < 5; i++) expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      expect((await postPrefilled(fixture, '{}')).status).toBe(503);
      expect(fixture.prefiller.requests).toHaveLength(5);
    });
  });

  it.each([
    ['500', json('x', 500), 'prefill_server_error'],
    ['400', json('x', 400), 'prefill_server_error'],
    ['a reset', RESET, 'prefill_network'],
  ] as const)(
    'cuts an answer that has begun when its prefill fails with %s',
    async (_, failing, error) => {
      fixture.decoder.behaviour = BEGIN;
      fixture.prefiller.behaviour = async (response, request) => {
        await until(() => client.received.includes('data:'), 5000);
        await failing(response, request);
      };
      client.write(prefilled());
      await client.ended();
      const text = client.received.toString();
      expect(text).toContain('data: {"a":1}');
      expect(text).not.toMatch(/\r\n0\r\n/);
      await until(() => fixture.decoder.connections === 0, 5000);
      expect(await accessLine()).toMatchObject({ status: 200, outcome: 'upstream_cut', error });
      const sum = ['network', 'http', 'timeout'].map((type) =>
        metric(`sidecar_errors_total{type="${type}"}`),
      );
      expect((await Promise.all(sum)).reduce((a, b) => a! + b!, 0)).toBe(1);
    },
  );

  describe('a client that leaves', () => {
    it.each([
      ['before an answer', NEVER, 499],
      ['within an answer', BEGIN, 200],
    ] as const)('%s ends both legs', async (_, decoder, status) => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = decoder;
      client.write(prefilled());
      await fixture.decoder.received(1);
      await fixture.prefiller.received(1);
      if (status === 200) await until(() => client.received.includes('data:'), 5000);
      client.destroy();
      await fixture.prefiller.last.aborted;
      await fixture.decoder.last.aborted;
      expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status });
      expect(await metric('sidecar_client_gone_total')).toBe(1);
      expect(fixture.prefiller.requests).toHaveLength(1);
      expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });

    it('while no prefiller takes a connection starts no decode', async () => {
      await fixture.stop();
      fixture = await startFixture({ kvConnector: 'sglang', retryBackoff: 60_000 });
      const refusing = `x-prefiller-host-port: 127.0.0.1:${await freePort()}`;
      const own = await RawClient.connect(fixture.sidecar.port);
      own.write(requestBytes('POST /v1/completions', [refusing], '{}'));
      await until(() => fixture.log.lines.some(({ message }) => message.includes('again')), 5000);
      own.destroy();
      expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status: 499 });
      expect(fixture.decoder.requests).toHaveLength(0);
    });
  });

  describe('a decode that fails', () => {
    it('before its answer ends the prefill', async () => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = (response) => void response.socket?.resetAndDestroy();
      expect((await postPrefilled(fixture, '{}')).status).toBe(502);
      await fixture.prefiller.last.aborted;
      expect(fixture.decoder.requests).toHaveLength(1);
    });

    it('with a status has it forwarded, and ends the prefill', async () => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = json('no', 422);
      const answer = await postPrefilled(fixture, '{}');
      expect([answer.status, await answer.text()]).toEqual([422, 'no']);
      await fixture.prefiller.last.aborted;
    });

    it('within its answer cuts it, and ends the prefill', async () => {
      fixture.prefiller.behaviour = NEVER;
      fixture.decoder.behaviour = (response, request) => {
        void BEGIN(response, request);
        setTimeout(() => response.socket?.resetAndDestroy(), 50);
      };
      client.write(prefilled());
      await client.ended();
      await fixture.prefiller.last.aborted;
      expect(await accessLine()).toMatchObject({ outcome: 'upstream_cut', status: 200 });
    });

    it('because nobody listens is a 503, and ends the prefill', async () => {
      await fixture.stop();
      fixture = await startFixture({ kvConnector: 'sglang', modelServerPort: await freePort() });
      fixture.prefiller.behaviour = NEVER;
      expect((await postPrefilled(fixture, '{}')).status).toBe(503);
      await fixture.prefiller.last.aborted;
    });
  });
});
