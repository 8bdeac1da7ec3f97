import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { json, type EngineBehaviour } from '../../support/fake-engine.js';
import { LIMITED_MEMBERS } from '../../support/limited-bodies.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

interface Asked {
  readonly prompt?: string;
  readonly stream?: boolean;
  readonly cache_hit_threshold?: number;
  readonly max_tokens?: number;
}

const REFUSED = { choices: [{ index: 0, text: '', finish_reason: 'cache_threshold' }] };
const ANSWER = { choices: [{ index: 0, text: 'yes', finish_reason: 'stop' }] };
const NEVER: EngineBehaviour = () => undefined;
const stream = (...events: unknown[]): string =>
  [...events.map((one) => JSON.stringify(one)), '[DONE]'].map((one) => `data: ${one}\n\n`).join('');

/** Storage that both engines share, and what they do with it. */
class Storage {
  private readonly prompts = new Set<string | undefined>();

  /** Fills the storage. Fails when it is asked for more than a prefill. */
  readonly prefiller: EngineBehaviour = (response, request) => {
    const asked = JSON.parse(request.body.toString()) as Asked;
    if (asked.cache_hit_threshold !== 0 || asked.max_tokens !== 1) {
      return json({ error: 'not a prefill' }, 400)(response, request);
    }
    this.prompts.add(asked.prompt);
    return json({ choices: [] })(response, request);
  };

  /** Refuses what is not stored, as far as it may. */
  readonly decoder: EngineBehaviour = (response, request) => {
    const asked = JSON.parse(request.body.toString()) as Asked;
    const refuses = asked.cache_hit_threshold! > 0 && !this.prompts.has(asked.prompt);
    const answer = refuses ? REFUSED : ANSWER;
    if (!asked.stream) return json(answer)(response, request);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(
      refuses ? stream({ choices: [{}] }, REFUSED) : stream({ choices: [{}] }, ANSWER, ANSWER),
    );
  };
}

describe('shared-storage', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  beforeEach(async () => {
    const metricsPort = await freePort();
    fixture = await startFixture({ kvConnector: 'shared-storage', metricsPort, retryBackoff: 5 });
    const storage = new Storage();
    fixture.prefiller.behaviour = storage.prefiller;
    fixture.decoder.behaviour = storage.decoder;
    client = await RawClient.connect(fixture.sidecar.port);
  });
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
  });

  const path = '/v1/completions';
  const bodies = (): string[][] =>
    [fixture.prefiller, fixture.decoder].map(({ requests }) =>
      requests.map(({ body }) => body.toString()),
    );
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(fixture.opsUrl)).get(name);
  const accessLine = async (): Promise<object> => {
    await until(() => fixture.log.requests.length === 1, 5000);
    return fixture.log.requests[0]!;
  };

  it('decodes what is cached at once, and prefills what is not', async () => {
    const body =
      '{"prompt":"x", "cache_hit_threshold":0.80,"max_tokens":50,"seed":12345678901234567890}';
    const first = await postPrefilled(fixture, body, { path });
    expect([first.status, await first.json()]).toEqual([200, ANSWER]);
    const zero = body.replace('0.80', '0');
    expect(bodies()).toEqual([[zero.replace('50', '1')], [body, zero]]);
    expect(fixture.prefiller.last.headers['x-kv-connector']).toBe('shared-storage');
    expect(await accessLine()).toMatchObject({
      ...{ status: 200, connector: 'shared-storage', prefiller: fixture.prefiller.hostPort },
      ...{
        prefillMs: expect.any(Number),
        decodeMs: expect.any(Number),
        ttftMs: expect.any(Number),
      },
    });
    const second = await postPrefilled(fixture, body, { path });
    expect([second.status, await second.json()]).toEqual([200, ANSWER]);
    expect(bodies()[0]).toHaveLength(1);
    expect(fixture.decoder.requests).toHaveLength(3);
    await until(() => fixture.log.requests.length === 2, 5000);
    expect(fixture.log.requests[1]).not.toHaveProperty('prefillMs');
    expect(await metric('sidecar_prefill_duration_seconds_count')).toBe(1);
    expect(await metric('sidecar_ttft_seconds_count')).toBe(2);
  });

  it('does the same with streams, of which a refusal is not seen', async () => {
    const body = '{"prompt":"x","cache_hit_threshold":1,"stream":true,"max_tokens":9}';
    for (const decodes of [2, 3]) {
      const answer = await postPrefilled(fixture, body, { path });
      expect(await answer.text()).toBe(stream({ choices: [{}] }, ANSWER, ANSWER));
      expect(answer.headers.get('content-type')).toBe('text/event-stream');
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([
        1,
        decodes,
      ]);
    }
  });

  it('prefills at once where no threshold was sent', async () => {
    await postPrefilled(fixture, '{"prompt":"x"}', { path });
    expect(bodies()).toEqual([
      ['{"prompt":"x","max_tokens":1,"cache_hit_threshold":0}'],
      ['{"prompt":"x","cache_hit_threshold":0}'],
    ]);
  });

  it.each(LIMITED_MEMBERS)(
    'caps every limit of %s on the prefill leg, and nowhere else',
    async (at, limits, limited) => {
      fixture.prefiller.behaviour = json({});
      fixture.decoder.behaviour = (response, request) =>
        json(fixture.decoder.requests.length === 1 ? REFUSED : ANSWER)(response, request);
      const answer = await postPrefilled(fixture, `{"cache_hit_threshold":0.9,"f":1.0,${limits}}`, {
        path: at,
      });
      expect([answer.status, await answer.json()]).toEqual([200, ANSWER]);
      expect(bodies()).toEqual([
        [`{"cache_hit_threshold":0,"f":1.0,${limited}}`],
        [
          `{"cache_hit_threshold":0.9,"f":1.0,${limits}}`,
          `{"cache_hit_threshold":0,"f":1.0,${limits}}`,
        ],
      ]);
    },
  );

  it('streams live what the decoder does not refuse', async () => {
    let more!: (text: string) => void;
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      more = (text) => void response.write(text);
      more('data: {"choices":[{}]}\n\n');
    };
    client.write(
      requestBytes(
        'POST /v1/completions',
        [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`],
        '{"cache_hit_threshold":1,"stream":true}',
      ),
    );
    await fixture.decoder.received(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.received).toHaveLength(0);
    for (const text of ['second', 'third', 'fourth']) {
      more(`data: "${text}"\n\n`);
      await until(() => client.received.includes(text), 5000);
    }
    expect(client.received.toString()).toContain('data: {"choices":[{}]}');
    expect(fixture.prefiller.requests).toHaveLength(0);
  });

  it('relays long answers, those of other types and those that look like refusals', async () => {
    const body = '{"cache_hit_threshold":1}';
    const long = JSON.stringify({
      choices: [{ text: 'x'.repeat(300_000), finish_reason: 'stop' }],
    });
    for (const [type, text] of [
      ['application/json', long],
      ['application/json', '{"choices":[{"finish_reason":"stop","text":"cache_threshold"}]}'],
      ['application/json', 'cache_threshold, but no JSON'],
      ['text/plain', JSON.stringify(REFUSED)],
    ] as const) {
      fixture.decoder.behaviour = (response) => {
        response.writeHead(200, { 'content-type': type, 'x-up': '1' }).end(text);
      };
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, answer.headers.get('x-up'), await answer.text()]).toEqual([
        200,
        '1',
        text,
      ]);
    }
    expect(fixture.prefiller.requests).toHaveLength(0);
  });

  it('asks for an answer that it can look into', async () => {
    const headers = { 'accept-encoding': 'gzip' };
    await postPrefilled(fixture, '{"cache_hit_threshold":1}', { path, headers });
    expect(fixture.decoder.requests.map((one) => one.headers['accept-encoding'])).toEqual([
      'identity',
      'gzip',
    ]);
  });

  it.each([400, 500, 503])(
    'forwards a decoder’s %s, with its head, and prefills nothing',
    async (status) => {
      fixture.decoder.behaviour = (response) => {
        response.writeHead(status, { 'x-up': '1', 'content-type': 'application/json' });
        response.end(JSON.stringify(REFUSED));
      };
      const answer = await postPrefilled(fixture, '{"cache_hit_threshold":1}', { path });
      expect([answer.status, await answer.json()]).toEqual([status, REFUSED]);
      expect(answer.headers.get('x-up')).toBe('1');
      expect(fixture.prefiller.requests).toHaveLength(0);
    },
  );

  it('answers 502 when the decoder breaks off what is held back', async () => {
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n');
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    };
    const answer = await postPrefilled(fixture, '{"cache_hit_threshold":1,"stream":true}', {
      path,
    });
    expect(answer.status).toBe(502);
    await answer.text();
    expect(fixture.prefiller.requests).toHaveLength(0);
  });

  it.each([
    ['500', 500, 502],
    ['422', 422, 422],
  ])('after a refusal answers a prefill’s %s, and decodes no more', async (_, sent, status) => {
    fixture.prefiller.behaviour = json({ why: 1 }, sent);
    const answer = await postPrefilled(fixture, '{"prompt":"x","cache_hit_threshold":1}', { path });
    expect(answer.status).toBe(status);
    if (status === 422) expect(await answer.json()).toEqual({ why: 1 });
    else expect((await errorOf(answer)).upstream!.status).toBe(500);
    expect(fixture.prefiller.requests).toHaveLength(sent === 500 ? 4 : 1);
    expect(fixture.decoder.requests).toHaveLength(1);
    expect(await accessLine()).toMatchObject({ status });
  });

  it.each(['first decode', 'prefill', 'second decode'])(
    'ends the %s when its client leaves, and starts nothing more',
    async (leg) => {
      const refuse = fixture.decoder.behaviour;
      if (leg === 'first decode') fixture.decoder.behaviour = NEVER;
      if (leg === 'prefill') fixture.prefiller.behaviour = NEVER;
      if (leg === 'second decode') {
        fixture.decoder.behaviour = (response, request) =>
          fixture.decoder.requests.length === 1 ? refuse(response, request) : undefined;
      }
      const counts = { 'first decode': [0, 1], prefill: [1, 1], 'second decode': [1, 2] }[leg]!;
      client.write(
        requestBytes(
          'POST /v1/completions',
          [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`],
          '{"prompt":"x","cache_hit_threshold":1}',
        ),
      );
      await fixture.prefiller.received(counts[0]!);
      await fixture.decoder.received(counts[1]!);
      client.destroy();
      await (leg === 'prefill' ? fixture.prefiller : fixture.decoder).last.aborted;
      expect(await accessLine()).toMatchObject({ outcome: 'client_gone', status: 499 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual(counts);
      expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it('keeps a long prompt through a refusal, and frees it when its answer begins', async () => {
    const MIB = 1024 * 1024;
    await fixture.stop();
    fixture = await startFixture({ kvConnector: 'shared-storage', maxBufferedBytes: 5 * MIB });
    const storage = new Storage();
    fixture.prefiller.behaviour = storage.prefiller;
    fixture.decoder.behaviour = storage.decoder;
    for (const letter of ['a', 'b', 'c']) {
      const body = JSON.stringify({ prompt: letter.repeat(4 * MIB), cache_hit_threshold: 1 });
      const answer = await postPrefilled(fixture, body, { path });
      expect([answer.status, await answer.json()]).toEqual([200, ANSWER]);
      const sent = fixture.decoder.last.body.toString();
      expect(sent === body.replace(/1\}$/, '0}')).toBe(true);
    }
  });
});
