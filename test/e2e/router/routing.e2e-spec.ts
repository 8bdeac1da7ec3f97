import { afterEach, describe, expect, it } from '@jest/globals';
import { events, json } from '../../support/fake-engine.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import {
  named,
  post,
  startRouterFixture,
  type RouterFixture,
} from '../../support/router-fixture.js';

let fixture: RouterFixture;
afterEach(() => fixture.stop());

describe('the router', () => {
  it('spreads requests over its workers in turn', async () => {
    fixture = await startRouterFixture([named('a'), named('b'), named('c')]);
    const answers: unknown[] = [];
    for (let i = 0; i < 6; i++) answers.push(await (await post(fixture)).json());
    expect(answers).toEqual(['a', 'b', 'c', 'a', 'b', 'c'].map((worker) => ({ worker })));
  });

  it('hands on bodies, query and fields as they were sent, and names the worker as host', async () => {
    fixture = await startRouterFixture([json({ ok: true })]);
    const body = ' {"prompt":"x", "seed":12345678901234567890,\n"prompt":"y","a":1.0}';
    const client = await RawClient.connect(fixture.router.port);
    client.write(
      requestBytes(
        'POST /v1/completions?a=%zz&b',
        [
          'Host: example.com',
          'X-Custom: 1',
          'X-Custom: 2',
          'Authorization: Bearer k',
          'Cookie: c=1',
        ],
        body,
      ),
    );
    expect((await client.answer()).status).toBe(200);
    client.destroy();
    const { url, headers, rawHeaders, body: received } = fixture.last();
    expect([url, received.toString()]).toEqual(['/v1/completions?a=%zz&b', body]);
    expect(headers).toMatchObject({
      host: fixture.workers[0]!.hostPort,
      authorization: 'Bearer k',
      cookie: 'c=1',
      'x-custom': '1, 2',
      'x-forwarded-for': '127.0.0.1',
    });
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'host')).toHaveLength(1);
  });

  it('routes every path and method, with other bodies too', async () => {
    fixture = await startRouterFixture([json({ ok: true })]);
    const form = new FormData();
    form.set('file', new Blob(['x'.repeat(2_000_000)]), 'audio.wav');
    const sent = await Promise.all([
      fetch(`${fixture.url}/v1/audio/transcriptions`, { method: 'POST', body: form }),
      fetch(`${fixture.url}/tokenize?x=1`, { method: 'PUT', body: 'text' }),
      fetch(`${fixture.url}/v1/files/1`, { method: 'DELETE' }),
      fetch(`${fixture.url}/version`),
    ]);
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const seen = fixture.workers[0]!.requests.filter(
      ({ url, headers }) => url !== '/health' && headers['user-agent'] !== 'tandem',
    );
    expect(seen.map(({ method, url }) => `${method} ${url}`).sort()).toEqual([
      'DELETE /v1/files/1',
      'GET /version',
      'POST /v1/audio/transcriptions',
      'PUT /tokenize?x=1',
    ]);
    const upload = seen.find(({ url }) => url.startsWith('/v1/audio'))!;
    expect(upload.body.length).toBeGreaterThan(2_000_000);
    expect(upload.headers['content-type']).toMatch(/^multipart\/form-data/);
  });

  it('streams answers as they come', async () => {
    fixture = await startRouterFixture([events(['{"a":1}', '{"a":2}', '[DONE]'], 5)]);
    const answer = await post(fixture, '/v1/chat/completions', '{"stream":true}');
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await answer.text()).toBe('data: {"a":1}\n\ndata: {"a":2}\n\ndata: [DONE]\n\n');
  });

  it.each([
    ['x-request-id', 'mine', 'mine'],
    ['x-correlation-id', 'theirs', 'theirs'],
    ['x-request-id', 'with blank', /^cmpl-[A-Za-z0-9]{24}$/],
  ])('gives a request one id: %s: %s', async (name, value, expected) => {
    fixture = await startRouterFixture([json({})]);
    const answer = await post(fixture, '/v1/completions', '{}', { [name]: value });
    const id = answer.headers.get('x-request-id');
    expect(id).toEqual(typeof expected === 'string' ? expected : expect.stringMatching(expected));
    expect(fixture.last().headers['x-request-id']).toBe(id);
  });

  it.each(['', 'null', '[]', '{"a":1', 'x'])('refuses %j where JSON is expected', async (body) => {
    fixture = await startRouterFixture([json({})]);
    const answer = await post(fixture, '/v1/chat/completions', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: 'BadRequestError', code: 400 } });
    expect(fixture.asked()).toEqual([0]);
  });

  it('refuses a body that is too large', async () => {
    fixture = await startRouterFixture([json({})], { maxPayloadSize: 1000 });
    const answer = await post(fixture, '/v1/completions', `{"prompt":"${'x'.repeat(2000)}"}`);
    expect(answer.status).toBe(413);
    expect(await answer.text()).toContain('--max-payload-size');
  });

  it('says so when it has no worker', async () => {
    fixture = await startRouterFixture([]);
    const answer = await post(fixture);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await fetch(`${fixture.url}/readiness`)).status).toBe(503);
    expect((await fetch(`${fixture.url}/liveness`)).status).toBe(200);
  });

  it('aborts at the worker when the client leaves, and gives its place back', async () => {
    fixture = await startRouterFixture([() => undefined]);
    const client = await RawClient.connect(fixture.router.port);
    client.write(requestBytes('POST /v1/completions', [], '{}'));
    await until(() => fixture.asked()[0] === 1);
    const [endpoint] = fixture.router.fleet.all;
    expect(endpoint!.inFlight).toBe(1);
    client.destroy();
    await fixture.last().aborted;
    await until(() => endpoint!.inFlight === 0);
  });

  it('leaves an access line that names the worker', async () => {
    fixture = await startRouterFixture([json({})]);
    await post(fixture);
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1/completions',
      status: 200,
      worker: `http://${fixture.workers[0]!.hostPort}`,
    });
  });
});
