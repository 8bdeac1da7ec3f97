import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { json } from '../../support/fake-engine.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const SECRETS = ['pr0mpt-text', 'T0ken', 'c00kie', 'qu3ry', 'answ3r', 'err0r-body'];

describe('the access line', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ retryBackoff: 1, maxRequestBytes: 1000 });
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.log.lines.length = 0;
  });

  const line = async (): Promise<Record<string, unknown>> => {
    await until(() => fixture.log.requests.length > 0);
    expect(fixture.log.requests).toHaveLength(1);
    return fixture.log.requests[0]!;
  };

  it('tells of a prefilled request', async () => {
    await postPrefilled(fixture, '{}', {
      path: '/v1/completions?k=qu3ry',
      headers: { 'x-request-id': 'r1' },
    });
    expect(await line()).toMatchObject({
      ...{
        method: 'POST',
        path: '/v1/completions',
        status: 200,
        requestId: 'r1',
        connector: 'nixlv2',
      },
      ...{ prefiller: fixture.prefiller.hostPort, client: '127.0.0.1' },
      ...{ requestBytes: 2, responseBytes: 11 },
      ...{
        durationMs: expect.any(Number),
        prefillMs: expect.any(Number),
        ttftMs: expect.any(Number),
      },
    });
  });

  it('tells of a passed request', async () => {
    await fetch(`${fixture.url}/v1/models`, { headers: { 'x-request-id': 'r2' } });
    const fields = await line();
    expect(fields).toMatchObject({
      method: 'GET',
      path: '/v1/models',
      status: 200,
      requestId: 'r2',
    });
    expect([fields['prefiller'], fields['connector']]).toEqual([undefined, undefined]);
  });

  it.each([
    ['a health probe', 'GET /health', [], 200],
    ['a refused target', 'POST /v1/completions', ['x-prefiller-host-port: bad'], 400],
    ['a refused method', 'TRACE /x', [], 405],
    ['an unknown expectation', 'GET /x', ['Expect: x'], 417],
    ['two hosts', 'GET /x', ['Host: a', 'Host: b'], 400],
    [
      'a large body',
      'POST /v1/completions',
      ['x-prefiller-host-port: a:1', 'Content-Length: 2000'],
      413,
    ],
  ])('tells of %s', async (_, requestLine, lines, status) => {
    const id = ['x-request-id: r3'];
    const answer = await rawExchange(
      fixture.sidecar.port,
      requestBytes(requestLine, [...lines, ...id]),
    );
    expect(answer.status).toBe(status);
    const [method, path] = requestLine.split(' ');
    expect(await line()).toMatchObject({ method, path, status, requestId: 'r3' });
  });

  it('stands at level info, once, whatever happens', async () => {
    fixture.prefiller.behaviour = json({ error: 'err0r-body' }, 500);
    await postPrefilled(fixture, '{}');
    await line();
    const lines = fixture.log.lines.filter(({ message }) => message === 'request');
    expect(lines.map(({ level }) => level)).toEqual(['info']);
    fixture.prefiller.behaviour = json({ kv_transfer_params: {} });
  });

  it('and all others hold no prompt, answer, query, cookie or credential', async () => {
    const headers = { authorization: 'Bearer T0ken', 'api-key': 'T0ken', cookie: 'c00kie' };
    const body = '{"prompt":"pr0mpt-text"}';
    const path = '/v1/completions?key=qu3ry';
    const behaviours = [
      json({ kv_transfer_params: {}, x: 'answ3r' }),
      json('err0r-body', 500),
      json('err0r-body', 400),
      json('answ3r no json'),
    ];
    for (const behaviour of behaviours) {
      fixture.prefiller.behaviour = behaviour;
      await postPrefilled(fixture, body, { path, headers });
    }
    await postPrefilled(fixture, `${body}x`, { path, headers });
    await postPrefilled(fixture, body, {
      path,
      headers: { ...headers, 'x-prefiller-host-port': '' },
    });
    await fetch(`${fixture.url}/v1/embeddings?key=qu3ry`, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-prefiller-host-port': 'x' },
    });
    await until(() => fixture.log.requests.length === 7);
    const shown = fixture.log.lines.filter(({ level }) => level !== 'debug' && level !== 'trace');
    for (const secret of SECRETS) {
      expect([secret, shown.filter((entry) => JSON.stringify(entry).includes(secret))]).toEqual([
        secret,
        [],
      ]);
    }
  });

  it('escapes what clients make up', async () => {
    const target = '/x%0d%0a{"level":"error"}';
    await rawExchange(fixture.sidecar.port, requestBytes(`GET ${target}`, ['x-request-id: "\\']));
    expect(await line()).toMatchObject({ path: target, requestId: '"\\' });
  });
});
