import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chatEngine } from '../../support/chat-engine.js';
import { json, type EngineBehaviour, type FakeEngine } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { errorOf } from '../../support/prefill-request.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const PATH = '/v1/chat/completions';
const WORDS = Array.from({ length: 40 }, (_, index) => ` w${index}`);
const body = (more = ''): string =>
  `{"messages":[{"role":"user","content":"x"}],"max_tokens":12${more}}`;
const STREAM = ',"stream":true';
const FULL = [
  "This model's maximum context length is 8 tokens. However, your prompt contains at least 9 …",
  'max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)',
];

/** Behaves otherwise from the given request on. */
function then(engine: FakeEngine, from: number, otherwise: EngineBehaviour): void {
  const first = engine.behaviour;
  engine.behaviour = (response, request) =>
    (engine.requests.length < from ? first : otherwise)(response, request);
}

const DONE = 'data: [DONE]\n\n';
const said = (content: string, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
const FILLER = `: ${'x'.repeat(60_000)}\n\n`;
/** Nothing holds as much but a sidecar that goes on reading. */
const MOST_FILLER = 1 << 30;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Streams a chunk that goes on until it is ended: kernels differ in what the buffers of a connection take. */
function fill(response: ServerResponse, flow: { written: number }): void {
  response.write(said(' w0'));
  const more = (): void => {
    while (!response.destroyed && !response.writableEnded && flow.written < MOST_FILLER) {
      flow.written += FILLER.length;
      if (!response.write(FILLER)) return void response.once('drain', more);
    }
  };
  more();
}

/** When no more is taken: nothing for longer than the kernel may pause for a resend or a window probe. */
async function settled(flow: { readonly written: number }): Promise<void> {
  let last = -1;
  for (let quiet = 0; quiet < 5; quiet++) {
    if (last !== flow.written) quiet = 0;
    last = flow.written;
    await wait(300);
  }
}

describe('the end of a chunked decode', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  beforeEach(async () => {
    fixture = await startFixture({ decodeChunkSize: 5, metricsPort: await freePort() });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
    client = await RawClient.connect(fixture.sidecar.port);
  });
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
  });

  const post = (text: string): Promise<Response> =>
    fetch(fixture.url + PATH, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/json' },
    });
  const send = (text: string): void => client.write(requestBytes(`POST ${PATH}`, [], text));
  const outcome = async (): Promise<object> => {
    await until(() => fixture.log.requests.length === 1);
    return fixture.log.requests[0]!;
  };

  it.each([400, 422, 500, 503])('answers with a later chunk’s %d, as it came', async (status) => {
    then(fixture.decoder, 2, json({ error: { message: 'no', code: status } }, status));
    const answer = await post(body());
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: { message: 'no', code: status } },
    ]);
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it.each([400, 500])('cuts a stream at a later chunk’s %d', async (status) => {
    then(fixture.decoder, 2, json({ error: { message: 'no', code: status } }, status));
    send(body(STREAM));
    await client.ended();
    expect(client.received.toString()).toContain(' w4');
    expect(client.received.toString()).not.toMatch(/DONE|"finish_reason":"|\r\n0\r\n/);
    expect(await outcome()).toMatchObject({ outcome: 'upstream_cut', status: 200 });
  });

  it('answers 502 when the decoder breaks a later chunk off, and cuts a stream', async () => {
    then(fixture.decoder, 2, (response) => void response.socket!.resetAndDestroy());
    const answer = await post(body());
    expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 502]);
    fixture.decoder.requests.length = 0;
    send(body(STREAM));
    await client.ended();
    expect(client.received.toString()).not.toMatch(/DONE|"finish_reason":"/);
  });

  it.each(['{"choices":[]}', '{"choices":[{},{}]}', '[1]', 'no JSON', ''])(
    'answers 502 when a later chunk is no answer: %j',
    async (nonsense) => {
      then(fixture.decoder, 2, (response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(nonsense);
      });
      const answer = await post(body());
      expect([answer.status, (await errorOf(answer)).code]).toEqual([502, 502]);
    },
  );

  it('cuts a stream of which a later chunk ends without an end', async () => {
    then(fixture.decoder, 2, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(': ping\n\n');
    });
    send(body(STREAM));
    await client.ended();
    expect(client.received.toString()).not.toMatch(/DONE|"finish_reason":"|\r\n0\r\n/);
    expect(await outcome()).toMatchObject({ outcome: 'upstream_cut', status: 200 });
  });

  it('passes a first answer on as it came when it is an error', async () => {
    fixture.decoder.behaviour = (response) => {
      response.writeHead(422, { 'x-up': '1' }).end('no JSON');
    };
    for (const more of ['', STREAM]) {
      const answer = await post(body(more));
      expect([answer.status, answer.headers.get('x-up'), await answer.text()]).toEqual([
        422,
        '1',
        'no JSON',
      ]);
    }
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it.each(FULL)(
    'ends with the finish reason length when the context is full: %s',
    async (message) => {
      then(fixture.decoder, 3, json({ error: { message, code: 400 } }, 400));
      const answer = await post(body());
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({
        choices: [{ message: { content: WORDS.slice(0, 10).join('') }, finish_reason: 'length' }],
        usage: { prompt_tokens: 7, completion_tokens: 10, total_tokens: 17 },
      });
      fixture.decoder.requests.length = 0;
      const usage = `${STREAM},"stream_options":{"include_usage":true}`;
      const text = await (await post(body(usage))).text();
      expect(text).toMatch(
        /"delta":\{"content":""\}[^\n]*"finish_reason":"length"[^\n]*\n\n[^\n]*"usage":\{"prompt_tokens":7,"total_tokens":17,"completion_tokens":10[^\n]*\n\ndata: \[DONE\]\n\n$/,
      );
      expect(text.match(/"finish_reason":"/g)).toHaveLength(1);
    },
  );

  it('asks for all the rest when a chunk had tokens and no text', async () => {
    fixture.decoder.behaviour = chatEngine({ tokens: ['a', 'b', '', '', '', '', '', '', 'c'] });
    const stream = await (await post(body(STREAM))).text();
    const answer = (await (await post(body())).json()) as { usage: object };
    expect(stream).toContain('"content":"c"');
    expect(answer).toMatchObject({ choices: [{ message: { content: 'abc' } }] });
  });

  it.each([
    ['reasoning', { reasoning: 'hm' }, { content: null, reasoning: 'hm' }],
    ['reasoning_content', { reasoning_content: 'hm' }, { content: '', reasoning_content: 'hm' }],
    ['tool_calls', { tool_calls: [{ index: 0 }] }, { content: null, tool_calls: [{}] }],
  ])('decodes again in one piece what begins with %s', async (_, delta, message) => {
    const whole = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'length' }] });
    const events = [
      { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
      { choices: [{ index: 0, delta, finish_reason: null }] },
    ].map((event) => `data: ${JSON.stringify(event)}\n\n`);
    const before = events.join('');
    const after = `${before}data: {"choices":[],"second":1}\n\ndata: [DONE]\n\n`;
    for (const [more, first, second, type] of [
      ['', whole, whole.replace('length', 'stop'), 'application/json'],
      [STREAM, before, after, 'text/event-stream'],
    ] as const) {
      fixture.decoder.requests.length = 0;
      fixture.decoder.behaviour = (response) => {
        response.writeHead(200, { 'content-type': type });
        const isFirst = fixture.decoder.requests.length === 1;
        if (isFirst && more !== '') response.write(first);
        else response.end(isFirst ? first : second);
      };
      const text = body(`${more},"kv_transfer_params":{"a":1}`);
      expect(await (await post(text)).text()).toBe(second);
      expect(fixture.decoder.requests.map((one) => one.body.toString())).toEqual([
        text.replace(':12', ':5').replace(/}$/, ',"max_completion_tokens":5}'),
        body(more),
      ]);
    }
    expect((await readMetrics(fixture.opsUrl)).get('sidecar_decode_restarts_total')).toBe(2);
  });

  it('passes an error within a stream on, and goes no further', async () => {
    const error = 'data: {"error":{"message":"x","code":500}}\n\ndata: [DONE]\n\n';
    then(fixture.decoder, 2, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(error);
    });
    const text = await (await post(body(STREAM))).text();
    expect(text.endsWith(error)).toBe(true);
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it.each(['', STREAM])(
    'aborts the running chunk when its client leaves, and starts no further one (%s)',
    async (more) => {
      const type = more === '' ? 'application/json' : 'text/event-stream';
      then(fixture.decoder, 2, (response) => {
        response.writeHead(200, { 'content-type': type }).flushHeaders();
      });
      send(body(more));
      await fixture.decoder.received(2);
      client.reset();
      await fixture.decoder.requests[1]!.aborted;
      expect(await outcome()).toMatchObject({ outcome: 'client_gone' });
      expect(fixture.decoder.requests).toHaveLength(2);
    },
  );

  it('starts no further chunk while its client reads nothing', async () => {
    let first!: ServerResponse;
    const flow = { written: 0 };
    fixture.decoder.behaviour = (response) => {
      first = response.writeHead(200, { 'content-type': 'text/event-stream' });
      fill(first, flow);
    };
    then(fixture.decoder, 2, (response) => {
      const headers = { 'content-type': 'text/event-stream' };
      response.writeHead(200, headers).end(`${said(' w2', 'stop')}${DONE}`);
    });
    client.socket.pause();
    send(body(STREAM));
    await fixture.decoder.received(1);
    await settled(flow);
    first.end(`${said(' w1', 'length')}${DONE}`);
    await wait(200);
    expect(fixture.decoder.requests).toHaveLength(1);
    client.socket.resume();
    expect(await outcome()).toMatchObject({ status: 200 });
    const answer = (await client.answer()).body.toString('latin1');
    expect(answer.length).toBeGreaterThan(flow.written);
    const end = said(' w1') + said(' w2', 'stop') + DONE;
    expect(answer.slice(-end.length)).toBe(end);
    expect(fixture.decoder.requests).toHaveLength(2);
  });

  it('takes all the rest in one request when there is no memory to go on', async () => {
    await fixture.stop();
    fixture = await startFixture({ decodeChunkSize: 5, maxBufferedBytes: 150 });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS.map((word) => word.repeat(10)) });
    const answer = await post(body());
    expect(await answer.json()).toMatchObject({ choices: [{ finish_reason: 'length' }] });
    expect(fixture.decoder.requests.map((one) => one.body.toString())).toEqual([
      expect.stringContaining('"max_tokens":5'),
      expect.stringContaining('"max_tokens":7'),
    ]);
  });

  it.each([{ maxRequestBytes: 1000 }, { maxBufferedBytes: 2000 }])(
    'passes a body on in one piece that is too long to be held: %j',
    async (limits) => {
      await fixture.stop();
      fixture = await startFixture({ decodeChunkSize: 5, ...limits });
      fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
      const sent = body(`,"user":"${'x'.repeat(1000)}"`);
      expect((await post(sent)).status).toBe(200);
      expect(fixture.decoder.requests.map((one) => one.body.toString())).toEqual([sent]);
    },
  );

  it('ends at the deadline of the request', async () => {
    await fixture.stop();
    fixture = await startFixture({ decodeChunkSize: 5, requestTimeout: 150 });
    fixture.decoder.behaviour = chatEngine({ tokens: WORDS });
    then(fixture.decoder, 2, () => undefined);
    expect((await post(body())).status).toBe(504);
    await fixture.decoder.requests[1]!.aborted;
  });
});
