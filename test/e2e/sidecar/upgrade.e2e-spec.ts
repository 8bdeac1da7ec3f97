import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { valuesOf } from '../../support/raw-answer.js';
import { freePort } from '../../support/free-port.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const ASK = ['Connection: keep-alive, Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k'];

/** Agrees to upgrades and then sends back what it gets. */
class EchoServer {
  readonly heads: string[] = [];
  readonly sockets = new Set<Socket>();
  private readonly server: Server = createServer((socket) => {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => undefined);
    let head = '';
    const onData = (chunk: Buffer): void => {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      socket.off('data', onData);
      this.heads.push(head.slice(0, end));
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      );
      socket.write(head.slice(end + 4), 'latin1');
      socket.pipe(socket);
    };
    socket.on('data', onData);
  });

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('an upgrade', () => {
  let engine: EchoServer;
  let fixture: SidecarFixture;
  let client: RawClient;
  beforeEach(async () => {
    engine = new EchoServer();
    fixture = await startFixture({ modelServerPort: await engine.start() });
    client = await RawClient.connect(fixture.sidecar.port);
  });
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
    await engine.stop();
  });

  it('becomes a tunnel in both directions', async () => {
    const routing = [
      'x-prefiller-host-port: a:1',
      'X-Connector-Protocol: x',
      'X-Own: 1',
      'x-request-id: up',
    ];
    client.write(
      Buffer.concat([
        requestBytes('GET /v1/realtime?a=%zz', [...ASK, ...routing]),
        Buffer.from('early'),
      ]),
    );
    const answer = await client.answer();
    expect(answer.status).toBe(101);
    await until(() => client.received.toString() === 'early');
    client.write('\x00\xffmore');
    await until(() => client.received.length === 11);
    const [head] = engine.heads;
    expect(head).toMatch(/^GET \/v1\/realtime\?a=%zz HTTP\/1\.1\r\n/);
    expect(head).toMatch(/^Upgrade: websocket$/im);
    expect(head).toMatch(/^Connection: Upgrade$/im);
    expect(head).toMatch(/^Sec-WebSocket-Key: k$/im);
    expect(head).toMatch(/^X-Own: 1$/im);
    expect(head!.match(/^x-request-id: up$/gim)).toHaveLength(1);
    expect(head).toMatch(/^X-Forwarded-For: 127\.0\.0\.1$/im);
    expect(head).not.toMatch(/prefiller|connector/i);
  });

  it('ends at the engine when the client leaves', async () => {
    client.write(requestBytes('GET /v1/realtime', ASK));
    await client.answer();
    client.reset();
    await until(() => engine.sockets.size === 0);
  });

  it('ends at the client when the engine leaves', async () => {
    client.write(requestBytes('GET /v1/realtime', ASK));
    await client.answer();
    for (const socket of engine.sockets) socket.destroy();
    await client.ended(1000);
  });

  it.each([
    [
      'h2c',
      ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'],
    ],
    ['h2c in a list', ['Connection: Upgrade', 'Upgrade: websocket, h2c']],
    ['H2C', ['Connection: Upgrade', 'Upgrade: H2C']],
  ])('to %s is no tunnel', async (_, lines) => {
    client.write(requestBytes('GET /v1/x', lines));
    await until(() => engine.heads.length === 1);
    expect(engine.heads[0]).not.toMatch(/^(upgrade|http2-settings):|upgrade/im);
  });

  it('leaves an access line and is in flight while it lasts', async () => {
    client.write(requestBytes('GET /v1/realtime', [...ASK, 'x-request-id: tunnel']));
    await client.answer();
    client.destroy();
    await until(() => fixture.log.requests.length === 1);
    expect(fixture.log.requests[0]).toMatchObject({
      path: '/v1/realtime',
      requestId: 'tunnel',
      status: 101,
      client: '127.0.0.1',
    });
  });
});

describe('an upgrade that the engine does not take', () => {
  it('gets the engine’s own answer', async () => {
    const fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      client.write(requestBytes('GET /v1/x', ASK));
      const answer = await client.answer();
      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe('{"ok":true}');
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });

  it('leads no later request of the connection past the sidecar', async () => {
    const fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      const smuggled = requestBytes('POST /smuggled', ['x-prefiller-host-port: a:1'], '{}');
      client.write(Buffer.concat([requestBytes('GET /v1/x', ASK), smuggled]));
      expect((await client.answer()).status).toBe(200);
      await client.ended();
      expect(fixture.decoder.requests.map(({ url }) => url)).toEqual(['/v1/x']);
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });

  it('because it is not there gets 503 in JSON', async () => {
    const fixture = await startFixture({ modelServerPort: await freePort() });
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      client.write(requestBytes('GET /v1/x', ASK));
      const answer = await client.answer();
      expect(answer.status).toBe(503);
      expect(valuesOf(answer, 'content-type')).toEqual(['application/json']);
      expect(valuesOf(answer, 'retry-after')).toHaveLength(1);
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });

  it('is served like any other where requests are disaggregated', async () => {
    const fixture = await startFixture();
    const client = await RawClient.connect(fixture.sidecar.port);
    try {
      const prefilled = `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
      client.write(requestBytes('POST /v1/completions', [...ASK, prefilled]));
      expect((await client.answer()).status).toBe(400);
      expect(fixture.decoder.requests).toHaveLength(0);
    } finally {
      client.destroy();
      await fixture.stop();
    }
  });

  it.each(['POST /v1/completions', 'POST /v1/chat/completions'])(
    'is none on %s with a body',
    async (line) => {
      const fixture = await startFixture();
      const client = await RawClient.connect(fixture.sidecar.port);
      try {
        const prefilled = `x-prefiller-host-port: ${fixture.prefiller.hostPort}`;
        client.write(requestBytes(line, [...ASK, prefilled], '{}'));
        expect((await client.answer()).status).toBe(200);
        expect(fixture.prefiller.requests).toHaveLength(1);
      } finally {
        client.destroy();
        await fixture.stop();
      }
    },
  );
});
