import { afterEach, describe, expect, it } from '@jest/globals';
import {
  announcing,
  encoderConfig,
  startEncoderFixture,
  type EncoderFixture,
} from '../../support/encoder-fixture.js';
import { FakeEngine, json, type EngineBehaviour } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf } from '../../support/prefill-request.js';
import { until } from '../../support/raw-client.js';

const NEVER: EngineBehaviour = () => undefined;
const RESET: EngineBehaviour = (response) => {
  response.socket?.resetAndDestroy();
};
const chat = (...names: string[]): string => {
  const parts = names.map(
    (name) => `{"type":"image_url","image_url":{"url":"http://media/${name}"}}`,
  );
  return `{"messages":[{"role":"user","content":[${parts.join(',')}]}]}`;
};

describe('an encoder that fails', () => {
  let fixture: EncoderFixture;
  afterEach(() => fixture.stop());
  const start = async (
    more: Readonly<Record<string, unknown>> = {},
    config: Parameters<typeof startEncoderFixture>[0] = {},
  ): Promise<void> => {
    const metricsPort = await freePort();
    fixture = await startEncoderFixture({
      ...{ ...encoderConfig('ec-nixl', more), metricsPort, ...config },
    });
  };
  const prefilled = (): Record<string, string> => ({
    'x-prefiller-host-port': fixture.prefiller.hostPort,
  });
  /** No engine is asked, and the client's request is over. */
  const ended = async (code: string, status: number): Promise<void> => {
    await until(() => fixture.log.requests.length === 1, 5000);
    expect(fixture.log.requests).toEqual([expect.objectContaining({ error: code, status })]);
    expect([fixture.prefiller.requests, fixture.decoder.requests]).toEqual([[], []]);
  };
  const errors = async (type: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(`sidecar_errors_total{type="${type}"}`);

  it('ends the others and is told to the client', async () => {
    await start();
    const [slow, failing] = fixture.encoders;
    slow!.behaviour = NEVER;
    failing!.behaviour = async (response, request) => {
      await slow!.received(1);
      return json('{"detail":"out of memory"}', 500)(response, request);
    };
    const answer = await fixture.ask(chat('a', 'b'), { headers: prefilled() });
    expect(answer.status).toBe(502);
    expect(await errorOf(answer)).toEqual({
      ...{ message: 'The encoder failed to handle the request.', type: 'BadGatewayError' },
      ...{ param: null, code: 'upstream_error' },
      upstream: { status: 500, body: '{"detail":"out of memory"}' },
    });
    await slow!.last.aborted;
    await ended('encode_server_error', 502);
    expect(await errors('http')).toBe(1);
    expect(fixture.log.lines.filter(({ message }) => message === 'encode failed')).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ item: 1, encoder: failing!.hostPort }) as unknown,
      }),
    ]);
  });

  it.each([300, 503])('counts %s as a failure too', async (status) => {
    await start();
    fixture.encoders[0]!.behaviour = json({}, status);
    const answer = await fixture.ask(chat('a'));
    expect([answer.status, (await errorOf(answer)).upstream?.status]).toEqual([502, status]);
  });

  it.each([400, 401, 429])(
    'with %s is the answer, since the request is at fault',
    async (status) => {
      await start();
      const [slow, refusing] = fixture.encoders;
      slow!.behaviour = NEVER;
      refusing!.behaviour = async (response) => {
        await slow!.received(1);
        response.writeHead(status, { 'x-own': 'yes' }).end('no image');
      };
      const answer = await fixture.ask(chat('a', 'b'), { headers: prefilled() });
      expect([answer.status, answer.headers.get('x-own'), await answer.text()]).toEqual([
        ...[status, 'yes', 'no image'],
      ]);
      await slow!.last.aborted;
      expect([fixture.prefiller.requests, fixture.decoder.requests]).toEqual([[], []]);
    },
  );

  it('is a bad gateway when it cannot be reached, or breaks off', async () => {
    await start();
    const gone = await FakeEngine.start(json({}));
    const headers = { 'x-encoder-hosts-ports': gone.hostPort };
    await gone.stop();
    const refused = await fixture.ask(chat('a'), { headers });
    expect([refused.status, await errorOf(refused)]).toEqual([
      ...[502, expect.objectContaining({ code: 502, type: 'BadGatewayError' })],
    ]);
    await ended('encode_network', 502);
    fixture.encoders[0]!.behaviour = RESET;
    expect((await fixture.ask(chat('a'))).status).toBe(502);
    expect(await errors('network')).toBe(2);
  });

  it('is a gateway time-out when it takes too long', async () => {
    await start({ encoderTimeout: 50 });
    fixture.encoders[1]!.behaviour = NEVER;
    const answer = await fixture.ask(chat('a', 'b'), { headers: prefilled() });
    expect(answer.status).toBe(504);
    await fixture.encoders[1]!.last.aborted;
    await ended('encode_timeout', 504);
  });

  it('is a bad gateway when it answers no JSON object, or too much', async () => {
    await start({}, { maxPrefillResponseBytes: 2000 });
    fixture.encoders[0]!.behaviour = json('[1]');
    expect((await fixture.ask(chat('a'))).status).toBe(502);
    await ended('encode_answer_invalid', 502);
    fixture.encoders[0]!.behaviour = json(`{"a":"${'x'.repeat(1500)}"}`);
    expect((await fixture.ask(chat('a'))).status).toBe(200);
    expect((await fixture.ask(chat('a', 'b'))).status).toBe(502);
    await until(() => fixture.log.requests.length === 3, 5000);
    expect(fixture.log.requests[2]).toMatchObject({ error: 'encode_answer_too_large' });
  });

  it('is left by a client that leaves, and no other engine is asked', async () => {
    await start();
    for (const encoder of fixture.encoders) encoder.behaviour = NEVER;
    const leaving = new AbortController();
    const asked = fixture.ask(chat('a', 'b', 'c'), {
      headers: prefilled(),
      signal: leaving.signal,
    });
    await Promise.all([fixture.encoders[0]!.received(2), fixture.encoders[1]!.received(1)]);
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await Promise.all(
      fixture.encoders.flatMap(({ requests }) => requests.map(({ aborted }) => aborted)),
    );
    await until(() => fixture.log.requests.length === 1, 5000);
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({ status: 499, outcome: 'client_gone' }),
    ]);
    expect([fixture.prefiller.requests, fixture.decoder.requests]).toEqual([[], []]);
  });

  it('is not asked about more items than 1024', async () => {
    await start();
    const names = Array.from({ length: 1025 }, (_, at) => `i${at}`);
    expect((await fixture.ask(chat(...names))).status).toBe(400);
    expect(fixture.encoders.map(({ requests }) => requests.length)).toEqual([0, 0]);
    await until(() => fixture.log.requests.length === 1, 5000);
    expect(fixture.log.requests[0]).toMatchObject({ error: 'too_many_items' });
  });

  it('refuses what cannot be read, as with a prefiller', async () => {
    await start();
    const gzip = await fixture.ask(chat('a'), { headers: { 'content-encoding': 'gzip' } });
    expect([gzip.status, (await fixture.ask('[]')).status]).toEqual([415, 400]);
  });

  it('gives back the memory of bodies, whichever way many requests end', async () => {
    await start({ encoderTimeout: 2000 }, { maxBufferedBytes: 4_000_000, retryBackoff: 1 });
    const kv: EngineBehaviour = json({ kv_transfer_params: {} });
    const ways = [
      announcing((name) => `{"${name}":1}`),
      json({}, 500),
      json({}, 400),
      RESET,
      NEVER,
    ];
    const endings = new Map<string, EngineBehaviour[]>();
    const play =
      (side: number): EngineBehaviour =>
      (response, request) => {
        const id = String(request.headers['x-request-id']).replace(/-enc-\d+$/, '');
        return endings.get(id)![side]!(response, request);
      };
    fixture.encoders[0]!.behaviour = play(0);
    fixture.encoders[1]!.behaviour = play(1);
    fixture.prefiller.behaviour = play(2);
    const long = (size: number): string =>
      chat('a', 'b').replace('{', `{"padding":"${'x'.repeat(size)}",`);
    const asked: Promise<unknown>[] = [];
    for (const [at, first] of ways.entries()) {
      for (const [other, second] of ways.entries()) {
        for (const prefill of [kv, json({}, 400)]) {
          const id = `way-${at}-${other}-${asked.length}`;
          endings.set(id, [first, second, prefill]);
          const headers = {
            'x-request-id': id,
            ...(asked.length % 3 > 0 && prefilled()),
          };
          const signal = AbortSignal.timeout(asked.length % 2 === 0 ? 60 : 5000);
          asked.push(
            fixture.ask(long(30_000), { headers, signal }).then((answer) => answer.text()),
          );
        }
      }
    }
    await Promise.allSettled(asked);
    const inFlight = async (): Promise<number | undefined> =>
      (await readMetrics(fixture.opsUrl)).get('sidecar_in_flight_requests');
    while ((await inFlight()) !== 0) await new Promise((resolve) => setTimeout(resolve, 20));
    endings.set('all', [ways[0]!, ways[0]!, kv]);
    const headers = { 'x-request-id': 'all', ...prefilled() };
    const answer = await fixture.ask(long(1_950_000), { headers });
    expect(answer.status).toBe(200);
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
