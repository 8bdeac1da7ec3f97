import { afterEach, describe, expect, it } from '@jest/globals';
import { HostileUpstream } from '../../support/hostile-upstream.js';
import { valuesOf } from '../../support/raw-answer.js';
import { RawClient, requestBytes } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

describe('header fields of the decoder’s answer', () => {
  let fixture: SidecarFixture;
  let decoder: HostileUpstream;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
    await decoder.stop();
  });

  async function ask(answer: string, requestLine = 'GET /v1/models'): Promise<void> {
    decoder = await HostileUpstream.start({ says: [answer], then: 'keep' });
    fixture = await startFixture({ modelServerPort: decoder.port });
    client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes(requestLine));
  }

  it('stay as they are: spelling, order, repetition and latin1', async () => {
    const lines = [
      ['Date', 'Mon, 01 Jan 2024 00:00:00 GMT'],
      ['server', 'uvicorn'],
      ['Set-Cookie', 'a=1; Path=/'],
      ['X-Up', '1'],
      ['set-cookie', 'b=2'],
      ['SET-COOKIE', 'c=3, d'],
      ['x-up', '2'],
      ['Cache-Control', 'no-cache'],
      ['X-Accel-Buffering', 'no'],
      ['ETag', 'W/"1"'],
      ['X-Latin', 'caf\xe9'],
      ['X-Empty', ''],
      ['Via', '1.1 x'],
      ['Content-Length', '2'],
    ];
    await ask(
      `HTTP/1.1 200 Fine \xe9 Thanks\r\n${lines.map((pair) => `${pair.join(': ')}\r\n`).join('')}\r\nok`,
    );
    const answer = await client.answer();
    expect(answer.statusLine).toBe('HTTP/1.1 200 Fine \xe9 Thanks');
    const got = answer.headers.filter(([name]) => lines.some(([sent]) => sent === name));
    expect(got).toEqual(lines);
    expect(valuesOf(answer, 'date')).toHaveLength(1);
    expect(valuesOf(answer, 'x-powered-by')).toEqual([]);
    expect(answer.body.toString()).toBe('ok');
  });

  it('that concern one connection stop here, and the client’s connection lives on', async () => {
    await ask(
      'HTTP/1.1 200 OK\r\nConnection: X-Gone, keep-alive\r\nX-Gone: 1\r\nKeep-Alive: timeout=5\r\n' +
        'Proxy-Authenticate: Basic\r\nProxy-Connection: x\r\nUpgrade: h2c\r\nTE: x\r\nContent-Length: 2\r\n\r\nok',
    );
    const answer = await client.answer();
    for (const name of ['x-gone', 'proxy-authenticate', 'proxy-connection', 'upgrade', 'te']) {
      expect([name, valuesOf(answer, name)]).toEqual([name, []]);
    }
    expect(valuesOf(answer, 'connection').join()).not.toMatch(/close|x-gone/i);
    client.write(requestBytes('GET /v1/models'));
    expect((await client.answer()).status).toBe(200);
  });

  it('that close the engine’s connection do not close the client’s', async () => {
    await ask('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    expect(valuesOf(await client.answer(), 'connection').join()).not.toMatch(/close/i);
    client.write(requestBytes('GET /v1/models'));
    expect((await client.answer()).status).toBe(200);
  });

  it('carry one x-request-id, the request’s own', async () => {
    await ask(
      'HTTP/1.1 200 OK\r\nX-Request-Id: engine\r\nx-request-id: other\r\nContent-Length: 0\r\n\r\n',
    );
    const [id, ...more] = valuesOf(await client.answer(), 'x-request-id');
    expect(more).toEqual([]);
    expect(decoder.requests[0]).toContain(`X-Request-Id: ${id}\r\n`);
  });

  it.each([204, 304])('of a %s bring no body and no chunks', async (status) => {
    await ask(`HTTP/1.1 ${status} X\r\nETag: "1"\r\n\r\n`);
    const answer = await client.answer();
    expect(answer.status).toBe(status);
    expect(valuesOf(answer, 'transfer-encoding')).toEqual([]);
    expect(valuesOf(answer, 'etag')).toEqual(['"1"']);
    client.write(requestBytes('GET /v1/models'));
    expect((await client.answer()).status).toBe(status);
  });

  it('of a HEAD keep the length of the body that is not sent', async () => {
    await ask(
      'HTTP/1.1 200 OK\r\nContent-Length: 4711\r\nContent-Type: text/x\r\n\r\n',
      'HEAD /v1/x',
    );
    const answer = await client.answer({ toHead: true });
    expect(valuesOf(answer, 'content-length')).toEqual(['4711']);
    client.write(requestBytes('HEAD /v1/x'));
    expect((await client.answer({ toHead: true })).status).toBe(200);
    expect(client.received).toHaveLength(0);
  });

  it('of a HEAD without a length keep that too', async () => {
    await ask('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD /v1/x');
    expect((await client.answer({ toHead: true })).status).toBe(200);
    client.write(requestBytes('HEAD /v1/x'));
    expect((await client.answer({ toHead: true })).status).toBe(200);
    expect(client.received).toHaveLength(0);
  });

  it('may be many and large', async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `X-Many-${i}: ${'v'.repeat(40)}\r\n`).join(
      '',
    );
    await ask(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`);
    const answer = await client.answer();
    expect(answer.headers.filter(([name]) => name.startsWith('X-Many-'))).toHaveLength(3000);
  });

  it.each([301, 302, 307, 308])(
    'of a %s redirect reach the client: it is not followed',
    async (status) => {
      await ask(
        `HTTP/1.1 ${status} Moved\r\nLocation: http://127.0.0.1:1/x\r\nContent-Length: 0\r\n\r\n`,
      );
      const answer = await client.answer();
      expect(answer.status).toBe(status);
      expect(valuesOf(answer, 'location')).toEqual(['http://127.0.0.1:1/x']);
      expect(decoder.requests).toHaveLength(1);
    },
  );
});
