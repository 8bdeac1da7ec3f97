import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { rawValues } from '../../support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

describe('a client that waits for 100 Continue', () => {
  let fixture: SidecarFixture;
  beforeAll(async () => {
    fixture = await startFixture({ maxRequestBytes: 1000 });
  });
  afterAll(() => fixture.stop());
  beforeEach(() => {
    fixture.decoder.requests.length = 0;
    fixture.prefiller.requests.length = 0;
  });

  it.each(['', 'prefilled'])('hears it and sends its body once (%s)', async (kind) => {
    const client = await RawClient.connect(fixture.sidecar.port);
    const lines = ['Expect: 100-Continue', 'Content-Length: 7'];
    if (kind) lines.push(`x-prefiller-host-port: ${fixture.prefiller.hostPort}`);
    client.write(requestBytes('POST /v1/completions', lines));
    await until(() => client.received.includes('\r\n\r\n'));
    expect(client.received.toString()).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
    client.write('{"a":1}');
    expect((await client.answer()).status).toBe(200);
    expect(client.interim).toHaveLength(1);
    expect(fixture.decoder.last.body.toString()).toContain('{"a":1');
    expect(rawValues(fixture.decoder.last.rawHeaders, 'expect')).toEqual([]);
    client.destroy();
  });

  it.each([
    ['a bad target', ['x-prefiller-host-port: bad', 'Content-Length: 7'], 400],
    ['a body that is too large', ['x-prefiller-host-port: a:1', 'Content-Length: 2000'], 413],
    [
      'a coded body',
      ['x-prefiller-host-port: a:1', 'Content-Length: 7', 'Content-Encoding: gzip'],
      415,
    ],
  ])('hears a refusal instead: %s', async (_, lines, status) => {
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/completions', ['Expect: 100-continue', ...lines]));
    expect((await client.answer({ within: 1000 })).status).toBe(status);
    expect(client.interim).toEqual([]);
    await client.ended();
    client.destroy();
  });

  it.each(['200-maybe', '100-continue, x', 'x=1', ''])('for %j hears 417', async (expectation) => {
    const client = await RawClient.connect(fixture.sidecar.port);
    client.write(requestBytes('POST /v1/x', [`Expect: ${expectation}`, 'Content-Length: 1'], 'x'));
    const { status, body } = await client.answer();
    expect([status, JSON.parse(body.toString())]).toEqual([
      417,
      { error: expect.objectContaining({ code: 417, param: null }) },
    ]);
    expect(fixture.decoder.requests).toHaveLength(0);
    client.destroy();
  });
});
