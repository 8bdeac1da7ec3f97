import { afterEach, describe, expect, it } from '@jest/globals';
import { json, KV_PARAMS } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { HostileUpstream, type Ending } from '../../support/hostile-upstream.js';
import { NetEngine } from '../../support/net-engine.js';
import { errorOf, postPrefilled } from '../../support/prefill-request.js';
import { RawClient, rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

describe('a decoder that fails', () => {
  let fixture: SidecarFixture;
  let decoder: HostileUpstream | undefined;
  afterEach(async () => {
    await fixture.stop();
    await decoder?.stop();
    decoder = undefined;
  });

  async function start(then: Ending, ...says: string[]): Promise<void> {
    decoder = await HostileUpstream.start({ says, then });
    fixture = await startFixture({ modelServerPort: decoder.port });
  }
  const prefilled = (): string => `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
  /** Both kinds of request that a decoder answers. */
  const KINDS = ['a prefilled request', 'a passed request'] as const;
  const bytesOf = (kind: string, body = '{}'): Buffer =>
    requestBytes('POST /v1/completions', kind === KINDS[0] ? [prefilled()] : [], body);

  it('because it is not there is told as 503 with Retry-After', async () => {
    fixture = await startFixture({ modelServerPort: await freePort() });
    for (const target of [fixture.prefiller.hostPort, '']) {
      const answer = await postPrefilled(fixture, '{}', {
        headers: { 'x-prefiller-host-port': target },
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      const error = await errorOf(answer);
      expect(error).toMatchObject({ code: 503, message: expect.stringContaining('not ready') });
    }
  });

  it.each(KINDS)('before its head is told as 502 to %s, and not asked again', async (kind) => {
    for (const [then, says] of [
      ['fin', []],
      ['rst', []],
      ['fin', ['HTTP/1.1 200 OK\r\nContent-']],
      ['hang', ['nonsense\r\n\r\n']],
      ['hang', ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n']],
      ['hang', ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n']],
    ] as [Ending, string[]][]) {
      await start(then, ...says);
      const client = await RawClient.connect(fixture.sidecar.port);
      client.write(bytesOf(kind));
      const answer = await client.answer();
      expect([says, answer.status]).toEqual([says, 502]);
      expect(answer.body.toString()).toContain('"code":502');
      expect(decoder!.requests).toHaveLength(1);
      client.destroy();
      await fixture.stop();
      await decoder!.stop();
    }
    await start('fin');
  });

  it('in its work is asked once, however long the prefill took before', async () => {
    decoder = await HostileUpstream.start({ says: ['', '', '', ''], then: 'rst' });
    fixture = await startFixture({ modelServerPort: decoder.port });
    fixture.prefiller.behaviour = (response, request) =>
      void setTimeout(() => void json({ kv_transfer_params: KV_PARAMS })(response, request), 120);
    expect((await postPrefilled(fixture, '{}')).status).toBe(502);
    expect(decoder.requests).toHaveLength(1);
  });

  const CUTS: [string, string][] = [
    ['in a body of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345'],
    ['before a body of known length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n12345'],
    ['before the first chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    [
      'in the trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: 1\r\n',
    ],
    [
      'in events',
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n' +
        '10\r\ndata: {"a":1}\n\nda\r\n',
    ],
    [
      'with a malformed chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nxyz\r\n',
    ],
  ];

  describe.each(KINDS)('after its head, answering %s', (kind) => {
    it.each(CUTS.flatMap((cut) => [[...cut, 'fin'] as const, [...cut, 'rst'] as const]))(
      'and %s (%j, %s) is a cut to the client, never an end',
      async (_, bytes, then) => {
        const half = bytes.indexOf('\r\n\r\n') + 4;
        await start(then, bytes.slice(0, half), bytes.slice(half));
        const client = await RawClient.connect(fixture.sidecar.port);
        client.write(bytesOf(kind));
        const answer = await client.answer();
        await client.ended();
        if (answer.status !== 502) {
          expect(answer).toMatchObject({ status: 200, complete: false });
          expect(answer.body.toString()).not.toContain('DONE');
        }
        expect(decoder!.requests).toHaveLength(1);
        client.destroy();
      },
    );
  });

  it('by RST in a close-delimited body is a cut', async () => {
    await start('rst', 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello');
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('GET /v1/x'));
    const answer = await client.answer();
    await client.ended();
    expect(answer).toMatchObject({ status: 200, complete: false });
    client.destroy();
  });

  it('towards an HTTP/1.0 client in a close-delimited answer shows as a reset', async () => {
    await start('rst', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write('GET /v1/x HTTP/1.0\r\nHost: x\r\n\r\n');
    expect(await client.ended()).toBe('reset');
    client.destroy();
  });

  it('is counted and leaves its access line', async () => {
    await start('rst', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', '12345');
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('GET /v1/x'));
    await client.ended();
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({ status: 200, outcome: 'upstream_cut' }),
    ]);
    client.destroy();
  });

  it.each([400, 404, 422, 429, 500, 503])(
    'with %s has its answer forwarded as it came',
    async (status) => {
      fixture = await startFixture();
      fixture.decoder.behaviour = json('{"detail": "x"}', status);
      for (const target of [fixture.prefiller.hostPort, '']) {
        const answer = await postPrefilled(fixture, '{}', {
          headers: { 'x-prefiller-host-port': target },
        });
        expect([answer.status, await answer.text()]).toEqual([status, '{"detail": "x"}']);
      }
      expect(fixture.decoder.requests).toHaveLength(2);
    },
  );
});

describe('a pooled connection to the decoder', () => {
  const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it.each(['fin', 'rst'] as const)(
    'that turns out to be closed (%s) after it idled is replaced unseen',
    async (then) => {
      const decoder = await HostileUpstream.start(
        { says: [GOOD], then: 'keep' },
        { says: [], then },
        { says: [GOOD], then: 'keep' },
      );
      const fixture = await startFixture({ modelServerPort: decoder.port });
      try {
        for (let i = 0; i < 2; i++) {
          const bytes = requestBytes('POST /v1/completions', [`x-request-id: ${i}`], '{}');
          const answer = await rawExchange(fixture.sidecar.port, bytes);
          expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        expect(decoder.requests.map((text) => /^X-Request-Id: (.*)$/m.exec(text)?.[1])).toEqual([
          '0',
          '1',
          '1',
        ]);
        expect(decoder.accepted).toBe(2);
      } finally {
        await fixture.stop();
        await decoder.stop();
      }
    },
  );

  it('that brings more than one answer is not used again', async () => {
    const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const decoder = await HostileUpstream.start(
      { says: [`${good}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`], then: 'keep' },
      { says: [good], then: 'keep' },
    );
    const fixture = await startFixture({ modelServerPort: decoder.port });
    try {
      for (let i = 0; i < 3; i++) {
        const answer = await fetch(`${fixture.url}/v1/models`);
        expect(await answer.text()).toBe('ok');
      }
      expect(decoder.accepted).toBe(2);
    } finally {
      await fixture.stop();
      await decoder.stop();
    }
  });

  it('that brings an answer later, unasked, is not used again', async () => {
    const good = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    const decoder = await HostileUpstream.start(
      { says: [good, '', '', good.replace('ok', 'xx')], then: 'keep' },
      { says: [good], then: 'keep' },
    );
    const fixture = await startFixture({ modelServerPort: decoder.port });
    try {
      expect(await (await fetch(`${fixture.url}/v1/models`)).text()).toBe('ok');
      await until(() => decoder.connections === 0);
      expect(await (await fetch(`${fixture.url}/v1/models`)).text()).toBe('ok');
      expect(decoder.accepted).toBe(2);
    } finally {
      await fixture.stop();
      await decoder.stop();
    }
  });

  it('that answered before the request’s body was there is not used again', async () => {
    const early = {
      says: ['HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'],
      then: 'keep',
      early: true,
    } as const;
    const decoder = await HostileUpstream.start(early);
    const fixture = await startFixture({ modelServerPort: decoder.port });
    try {
      const client = await RawClient.connect(fixture.sidecar.port);
      client.write(requestBytes('POST /v1/files', ['Content-Length: 1000'], 'x'));
      const answer = await client.answer();
      expect([answer.status, answer.body.toString()]).toEqual([413, 'no']);
      client.destroy();
      const next = await RawClient.connect(fixture.sidecar.port);
      next.write(requestBytes('GET /v1/models'));
      expect((await next.answer()).status).toBe(413);
      next.destroy();
      expect(decoder.accepted).toBe(2);
    } finally {
      await fixture.stop();
      await decoder.stop();
    }
  });

  it('that closed in between carries a prefilled request once all the same', async () => {
    const fixture = await startFixture();
    try {
      fixture.prefiller.behaviour = json({ kv_transfer_params: KV_PARAMS });
      for (let i = 0; i < 3; i++) {
        expect((await postPrefilled(fixture, '{}')).status).toBe(200);
        await new Promise((resolve) => setTimeout(resolve, 150));
        fixture.decoder.server.closeIdleConnections();
        fixture.prefiller.server.closeIdleConnections();
      }
      expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([3, 3]);
    } finally {
      await fixture.stop();
    }
  });
});

describe('a decoder that listens on ::1 alone', () => {
  it('is found', async () => {
    const engine = await NetEngine.start(
      ({ socket }) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      { host: '::1' },
    );
    const fixture = await startFixture({ modelServerPort: engine.port });
    try {
      for (const target of [fixture.prefiller.hostPort, '']) {
        const headers = { 'x-prefiller-host-port': target };
        expect((await postPrefilled(fixture, '{}', { headers })).status).toBe(200);
      }
    } finally {
      await fixture.stop();
      await engine.stop();
    }
  });
});
