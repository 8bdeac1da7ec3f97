import { once } from 'node:events';
import { connect, type IncomingHttpHeaders } from 'node:http2';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { valuesOf, type RawAnswer } from '../../support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('a request that cannot be read', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ metricsPort: await freePort() });
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.log.lines.length = 0;
  });

  const send = async (...pieces: (string | Buffer)[]): Promise<RawAnswer> => {
    const client = await RawClient.connect(fixture.sidecar.port);
    for (const piece of pieces) client.write(piece);
    const answer = await client.answer();
    await client.ended();
    client.destroy();
    return answer;
  };

  it.each([
    ['malformed', 400, 'GET /x HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['too large', 431, requestBytes('GET /x', [`X-Big: ${'b'.repeat(1_100_000)}`])],
  ])('leaves a line, a count and an id: %s', async (_, status, bytes) => {
    const metric = `sidecar_requests_total{path="other",status="${status}"}`;
    const before = (await readMetrics(fixture.opsUrl)).get(metric) ?? 0;
    const answer = await send(bytes);
    expect(answer.status).toBe(status);
    const [id] = valuesOf(answer, 'x-request-id');
    expect(id).toMatch(UUID);
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({ method: '-', path: '-', status, requestId: id }),
    ]);
    expect(fixture.log.requests[0]).toMatchObject({ client: '127.0.0.1', outcome: 'rejected' });
    expect((await readMetrics(fixture.opsUrl)).get(metric)).toBe(before + 1);
  });

  it('leaves its own line and id where only its body is malformed', async () => {
    const lines = ['Transfer-Encoding: chunked', 'X-Request-Id: r7'];
    const answer = await send(requestBytes('POST /v1/x', lines), 'zz\r\n');
    expect(answer.status).toBe(400);
    expect(valuesOf(answer, 'x-request-id')).toEqual(['r7']);
    await until(() => fixture.log.requests.length > 0);
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({ path: '/v1/x', status: 400, requestId: 'r7', outcome: 'rejected' }),
    ]);
  });

  it('is answered with an id of its own when it is a CONNECT', async () => {
    const answer = await send('CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n');
    expect(answer.status).toBe(405);
    const [id] = valuesOf(answer, 'x-request-id');
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({ method: 'CONNECT', status: 405, requestId: id }),
    ]);
  });

  it('leaves them over HTTP/2 as well', async () => {
    const secure = await startFixture({ secureProxy: true });
    const session = connect(`https://127.0.0.1:${secure.sidecar.port}`, {
      rejectUnauthorized: false,
    });
    try {
      const stream = session.request({ ':method': 'CONNECT', ':authority': 'a.test:80' });
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders];
      stream.resume();
      expect(headers[':status']).toBe(405);
      expect(headers['allow']).toContain('GET');
      expect(secure.log.requests).toEqual([
        expect.objectContaining({ status: 405, requestId: headers['x-request-id'] }),
      ]);
    } finally {
      session.destroy();
      await secure.stop();
    }
  });

  it('cannot flood the log', async () => {
    await Promise.all(Array.from({ length: 100 }, () => send('garbage\r\n\r\n')));
    expect(fixture.log.requests.length).toBeLessThan(100);
  });
});
