import { afterEach, describe, expect, it } from '@jest/globals';
import {
  FakeEngine,
  json,
  type EngineBehaviour,
  type ReceivedRequest,
} from '../../support/fake-engine.js';
import {
  DECODED,
  NEVER,
  RESET,
  startPairFixture,
  untilIdle,
  type PairFixture,
} from '../../support/pair-fixture.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { post } from '../../support/router-fixture.js';

let fixture: PairFixture;
const others: FakeEngine[] = [];
afterEach(async () => {
  await fixture.stop();
  await Promise.all(others.splice(0).map((engine) => engine.stop()));
});

const asked = (): number[] => [fixture.legs('prefills').length, fixture.legs('decodes').length];
const OK = [200, '{"decoded":true}'];
const answerOf = async (answer: Response): Promise<unknown[]> => [
  answer.status,
  await answer.text(),
];
const roomOf = ({ body }: ReceivedRequest): string =>
  /"bootstrap_room":(\d+)/.exec(body.toString())![1]!;
/** Its head and an event, then nothing. */
const BEGIN: EngineBehaviour = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
};
/** Answers when the other side has been asked as often. */
const withOther =
  (side: 'prefills' | 'decodes', then: EngineBehaviour): EngineBehaviour =>
  async (response, request) => {
    const own = side === 'prefills' ? 'decodes' : 'prefills';
    await until(() => fixture.legs(side).length >= fixture.legs(own).length);
    await then(response, request);
  };

describe('sglang', () => {
  it.each([
    [
      '/v1/completions',
      '{"prompt":"x","max_tokens":50,"stream":true}',
      '"max_tokens":1,"stream":true',
    ],
    ['/v1/chat/completions', '{"max_tokens":50}', '"max_tokens":1,"max_completion_tokens":1'],
    ['/v1/messages', '{"max_tokens":50}', '"max_tokens":1'],
    ['/v1/responses', '{"input":"x"}', '"input":"x","max_output_tokens":1'],
    [
      '/inference/v1/generate',
      '{"token_ids":[1]}',
      '"token_ids":[1],"sampling_params":{"max_tokens":1}',
    ],
  ])('sends both legs of %s at once, to one room', async (path, body, limited) => {
    fixture = await startPairFixture(
      { prefills: [withOther('decodes', json({}))], decodes: [withOther('prefills', DECODED)] },
      { kvConnector: 'sglang' },
    );
    expect(await answerOf(await post(fixture, path, body))).toEqual(OK);
    const [p, d] = [fixture.legs('prefills')[0]!, fixture.legs('decodes')[0]!];
    const room = roomOf(p);
    const meet = `"bootstrap_host":"127.0.0.1","bootstrap_port":8998,"bootstrap_room":${room}}`;
    const kept = path === '/v1/completions' ? '"prompt":"x",' : '';
    expect(p.body.toString()).toBe(`{${kept}${limited},${meet}`);
    expect(d.body.toString()).toBe(`${body.slice(0, -1)},${meet}`);
    expect(BigInt(room) > 2n ** 53n && BigInt(room) < 2n ** 63n).toBe(true);
    await untilIdle(fixture);
  });

  it('meets at the port that is said of a prefill worker', async () => {
    fixture = await startPairFixture({ prefills: [json({})] }, { kvConnector: 'sglang' });
    fixture.router.fleet.update(fixture.endpoint(fixture.prefills[0]!), { bootstrapPort: 9001 });
    await post(fixture);
    for (const side of ['prefills', 'decodes'] as const) {
      expect(fixture.legs(side)[0]!.body.toString()).toContain('"bootstrap_port":9001,');
    }
  });

  it.each<[string, EngineBehaviour]>([
    ['breaks the connection', RESET],
    ['answers 503', json({}, 503)],
  ])('runs another pair in another room when a prefill worker %s', async (_what, bad) => {
    fixture = await startPairFixture(
      { prefills: [withOther('decodes', bad), json({})], decodes: [NEVER, DECODED] },
      { kvConnector: 'sglang' },
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 2]);
    const [first, second] = fixture.legs('prefills').map(roomOf);
    expect(first).not.toBe(second);
    expect(fixture.legs('decodes').map(roomOf)).toEqual([first, second]);
    await fixture.decodes[0]!.requests.find(({ method }) => method === 'POST')!.aborted;
    await untilIdle(fixture);
    const [, , decoder] = fixture.router.fleet.all;
    expect(decoder!.breaker.state).toBe('closed');
  });

  it('sends no decode where the prefill worker does not take the connection', async () => {
    fixture = await startPairFixture({ prefills: [json({}), json({})] }, { kvConnector: 'sglang' });
    await fixture.prefills[0]!.stop();
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([1, 1]);
    await untilIdle(fixture);
  });

  it('runs another pair when the decode worker fails, and ends the prefill of the first', async () => {
    let calls = 0;
    const first: EngineBehaviour = (...args) => (calls++ === 0 ? NEVER : json({}))(...args);
    fixture = await startPairFixture(
      { prefills: [first], decodes: [withOther('prefills', json({}, 500)), DECODED] },
      { kvConnector: 'sglang' },
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 2]);
    await fixture.legs('prefills')[0]!.aborted;
    await untilIdle(fixture);
  });

  it("gives the client a prefill worker's 400, and ends the decode", async () => {
    fixture = await startPairFixture(
      { prefills: [withOther('decodes', json({ error: 'bad' }, 400))], decodes: [NEVER] },
      { kvConnector: 'sglang' },
    );
    expect(await answerOf(await post(fixture))).toEqual([400, '{"error":"bad"}']);
    expect(asked()).toEqual([1, 1]);
    await fixture.legs('decodes')[0]!.aborted;
    await untilIdle(fixture);
  });

  it('gives the client the last answer of a prefill worker when attempts are used up', async () => {
    fixture = await startPairFixture(
      { prefills: [withOther('decodes', json({ error: 'busy' }, 503))], decodes: [NEVER] },
      { kvConnector: 'sglang', retryMaxRetries: 2 },
    );
    expect(await answerOf(await post(fixture))).toEqual([503, '{"error":"busy"}']);
    expect(asked()).toEqual([2, 2]);
    await untilIdle(fixture);
  });

  it('lets a decode go on whose prefill breaks off after its answer has begun', async () => {
    let finish = (): void => undefined;
    const stream: EngineBehaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      finish = () => response.end('data: [DONE]\n\n');
    };
    const late: EngineBehaviour = async (response) => {
      await until(() => begun);
      response.socket?.resetAndDestroy();
    };
    let begun = false;
    fixture = await startPairFixture(
      { prefills: [late], decodes: [stream] },
      { kvConnector: 'sglang' },
    );
    const answer = await post(fixture);
    begun = true;
    await until(() => fixture.router.fleet.all[0]!.inFlight === 0);
    finish();
    expect(await answer.text()).toBe('data: 1\n\ndata: [DONE]\n\n');
    await untilIdle(fixture);
  });

  it.each<[string, EngineBehaviour]>([
    ['before the decode answers', NEVER],
    ['while the decode streams', BEGIN],
  ])('ends both legs when the client leaves %s', async (_what, decode) => {
    fixture = await startPairFixture(
      { prefills: [NEVER], decodes: [decode] },
      { kvConnector: 'sglang' },
    );
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
    await until(() => asked().join() === '1,1');
    if (decode === BEGIN) await until(() => client.received.includes('data: '));
    client.destroy();
    await fixture.legs('prefills')[0]!.aborted;
    await fixture.legs('decodes')[0]!.aborted;
    await untilIdle(fixture);
  });
});

describe('mooncake', () => {
  const bootstrap = async (id: string): Promise<number> => {
    const server = await FakeEngine.start(json({ 0: { engine_id: id } }));
    others.push(server);
    return server.port;
  };

  it('asks the bootstrap server of the prefill worker, and tells both engines', async () => {
    const bootstrapPort = await bootstrap('e0');
    fixture = await startPairFixture(
      { prefills: [withOther('decodes', json({}))], decodes: [withOther('prefills', DECODED)] },
      { kvConnector: 'mooncake' },
    );
    fixture.router.fleet.update(fixture.endpoint(fixture.prefills[0]!), { bootstrapPort });
    const headers = { 'x-data-parallel-rank': '5' };
    expect(await answerOf(await post(fixture, undefined, '{"prompt":"x"}', headers))).toEqual(OK);
    const [p, d] = [fixture.legs('prefills')[0]!, fixture.legs('decodes')[0]!];
    const [, id] = /"transfer_id":"(xfer-[-0-9a-f]{36})"/.exec(p.body.toString())!;
    expect(p.body.toString()).toBe(
      `{"prompt":"x","max_tokens":1,"stream":false,"kv_transfer_params":{"do_remote_prefill":false,"do_remote_decode":true,"transfer_id":"${id}"}}`,
    );
    expect(d.body.toString()).toBe(
      `{"prompt":"x","kv_transfer_params":{"do_remote_prefill":true,"do_remote_decode":false,"transfer_id":"${id}","remote_bootstrap_addr":"http://127.0.0.1:${bootstrapPort}","remote_engine_id":"e0"}}`,
    );
    // The engine that was named; the client's own word reaches the other leg.
    expect(p.headers['x-data-parallel-rank']).toBe('0');
    expect(d.headers['x-data-parallel-rank']).toBe('5');
    await untilIdle(fixture);
  });

  it('takes another prefill worker where that one has no bootstrap server', async () => {
    fixture = await startPairFixture(
      { prefills: [json({}), json({})] },
      { kvConnector: 'mooncake' },
    );
    const ports = [1, await bootstrap('e1')];
    fixture.prefills.forEach((engine, at) =>
      fixture.router.fleet.update(fixture.endpoint(engine), { bootstrapPort: ports[at]! }),
    );
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([1, 1]);
    expect(fixture.legs('decodes')[0]!.body.toString()).toContain('"remote_engine_id":"e1"');
    await untilIdle(fixture);
  });
});

describe('moriio', () => {
  it('tells the prefill worker which decode worker it is for', async () => {
    const answered = { kv_transfer_params: { remote_host: '127.0.0.1', transfer_id: 'x' } };
    fixture = await startPairFixture({ prefills: [json(answered)] }, { kvConnector: 'moriio' });
    expect(await answerOf(await post(fixture))).toEqual(OK);
    const [p, d] = [fixture.legs('prefills')[0]!, fixture.legs('decodes')[0]!];
    expect(JSON.parse(p.body.toString())).toMatchObject({
      max_tokens: 1,
      kv_transfer_params: { do_remote_decode: true, remote_host: '127.0.0.1' },
    });
    expect(JSON.parse(d.body.toString())).toMatchObject({
      kv_transfer_params: { remote_host: '127.0.0.1', transfer_id: 'x' },
    });
    await untilIdle(fixture);
  });

  it('prefills anew for another decode worker, since the first was told of', async () => {
    const answered = { kv_transfer_params: { remote_host: '127.0.0.1' } };
    fixture = await startPairFixture(
      { prefills: [json(answered)], decodes: [DECODED, DECODED] },
      { kvConnector: 'moriio' },
    );
    await fixture.decodes[0]!.stop();
    expect(await answerOf(await post(fixture))).toEqual(OK);
    expect(asked()).toEqual([2, 1]);
    const ids = fixture
      .legs('prefills')
      .map(({ body }) => /"transfer_id":"([^"]+)"/.exec(body.toString())![1]);
    expect(new Set(ids).size).toBe(2);
    await untilIdle(fixture);
  });
});

describe('shared-storage', () => {
  const REFUSED = json({ choices: [{ index: 0, text: '', finish_reason: 'cache_threshold' }] });

  it('asks the decode worker first where the request names a threshold', async () => {
    let calls = 0;
    fixture = await startPairFixture(
      {
        prefills: [json({})],
        decodes: [(...args) => (calls++ === 0 ? REFUSED : DECODED)(...args)],
      },
      { kvConnector: 'shared-storage' },
    );
    const body = '{"prompt":"x","cache_hit_threshold":0.8}';
    expect(await answerOf(await post(fixture, undefined, body))).toEqual(OK);
    expect(asked()).toEqual([1, 2]);
    const sent = fixture.legs('decodes').map((leg) => leg.body.toString());
    expect(sent).toEqual([body, '{"prompt":"x","cache_hit_threshold":0}']);
    await untilIdle(fixture);
  });
});
