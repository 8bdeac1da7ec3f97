import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NetEngine, type OnHead } from '../../test/support/net-engine.js';
import { valuesOf } from '../../test/support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import { freePort } from '../../test/support/free-port.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { clientTls } from '../tls/client-tls.js';
import { createSelfSigned } from '../tls/self-signed.js';
import type { Origin } from './origin.js';
import { TunnelService } from './tunnel.service.js';

const UPGRADE = requestBytes('GET /ws?a=%zz', [
  'Connection: Upgrade, X-Hop',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: abc',
  'X-Hop: 1',
  'x-prefiller-host-port: 10.0.0.1:1',
  'X-Forwarded-For: 10.9.9.9',
  'X-Request-Id: mine',
  'Accept-Encoding: br',
]);
const AGREED =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n';

describe(TunnelService.name, () => {
  let engine: NetEngine | undefined;
  let front: Server;
  let client: RawClient;
  afterEach(async () => {
    client.destroy();
    front.close();
    await engine?.stop();
    engine = undefined;
  });

  const serve = async (origin: Omit<Origin, 'key' | 'label'>): Promise<void> => {
    const tunnels = new TunnelService(new SilentLogger());
    front = createServer();
    front.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      tunnels.open(request, socket, head, { key: 'e', label: 'e', ...origin });
    });
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    client = await RawClient.connect((front.address() as AddressInfo).port);
  };
  const start = async (onHead: OnHead): Promise<void> => {
    engine = await NetEngine.start(onHead);
    await serve({ port: engine.port, addresses: ['127.0.0.1'] });
  };
  const agree: OnHead = ({ socket }) => socket.write(AGREED);

  it('asks the engine as the client asked, without what belongs to the hop', async () => {
    await start(agree);
    client.write(UPGRADE);
    expect((await client.answer()).statusLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(engine!.connections[0]!.received.split('\r\n')).toEqual([
      'GET /ws?a=%zz HTTP/1.1',
      'Host: engine.test',
      'Sec-WebSocket-Key: abc',
      'Accept-Encoding: br',
      'X-Forwarded-For: 10.9.9.9, 127.0.0.1',
      'X-Request-Id: mine',
      'Connection: Upgrade',
      'Upgrade: websocket',
      '',
      '',
    ]);
  });

  it.each(['101 Switching Protocols', '403 Forbidden'])(
    'answers %s with the id of the request alone',
    async (status) => {
      await start(({ socket }) => {
        socket.write(`HTTP/1.1 ${status}\r\nx-request-id: engine\r\nContent-`);
        setTimeout(() => socket.end('Length: 0\r\n\r\n'), 20);
      });
      client.write(UPGRADE);
      expect(valuesOf(await client.answer(), 'x-request-id')).toEqual(['mine']);
    },
  );

  it('carries bytes both ways, also those that came with the request', async () => {
    await start(agree);
    client.write(Buffer.concat([UPGRADE, Buffer.from('early\xff\x00', 'latin1')]));
    await client.answer();
    const connection = engine!.connections[0]!;
    await until(() => connection.received.endsWith('early\xff\x00'));
    client.write('later');
    await until(() => connection.received.endsWith('later'));
    connection.socket.write('\x81\x02hi', 'latin1');
    await until(() => client.received.length === 4);
    expect(client.received.toString('latin1')).toBe('\x81\x02hi');
  });

  it('hands over a refusal of the engine', async () => {
    await start(({ socket }) =>
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
    );
    client.write(UPGRADE);
    expect(await client.answer()).toMatchObject({ status: 403, complete: true });
    expect(await client.ended()).toBe('fin');
  });

  it('ends at one side when it ended at the other, with all that was sent', async () => {
    await start(agree);
    client.write(UPGRADE);
    await client.answer();
    engine!.connections[0]!.socket.end('bye');
    await until(() => client.ending !== undefined);
    expect(client.received.toString()).toBe('bye');
  });

  it.each(['fin', 'reset'] as const)(
    'ends at the engine when the client goes by %s',
    async (how) => {
      await start(agree);
      client.write(UPGRADE);
      await client.answer();
      if (how === 'fin') client.destroy();
      else client.reset();
      await until(() => engine!.connections[0]!.ending !== undefined);
      await until(() => engine!.open === 0);
    },
  );

  it('breaks at the client when the engine breaks', async () => {
    await start(agree);
    client.write(UPGRADE);
    await client.answer();
    engine!.connections[0]!.socket.resetAndDestroy();
    await client.ended();
  });

  it('says that the engine is not ready when no address answers', async () => {
    await serve({ port: await freePort(), addresses: ['127.0.0.1', '::1'] });
    client.write(UPGRADE);
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 503, complete: true });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ error: { code: 503 } });
    expect(await client.ended()).toBe('fin');
  });

  it('dials the second address when the first one refuses', async () => {
    engine = await NetEngine.start(agree, { host: '::1' });
    await serve({ port: engine.port, addresses: ['127.0.0.1', '::1'] });
    client.write(UPGRADE);
    expect((await client.answer()).status).toBe(101);
  });

  it('speaks TLS where the engine does', async () => {
    engine = await NetEngine.start(agree, { tls: await createSelfSigned(['engine.test']) });
    const tls = clientTls({ insecureSkipVerify: true }, 'engine.test');
    await serve({ port: engine.port, addresses: ['127.0.0.1'], tls });
    client.write(UPGRADE);
    expect((await client.answer()).status).toBe(101);
  });

  it('leaves no connection behind when the client goes while it is being made', async () => {
    // A plain server never shakes hands, so the connection stays in the making.
    engine = await NetEngine.start(() => undefined);
    const tls = clientTls({ insecureSkipVerify: true }, 'engine.test');
    await serve({ port: engine.port, addresses: ['127.0.0.1'], tls });
    client.write(UPGRADE);
    const connection = await engine.connection();
    client.reset();
    await until(() => connection.ending !== undefined);
  });

  it('carries nothing on to an engine that did not agree', async () => {
    await start(({ socket }) => socket.write('HTTP/1.1 404 x\r\nContent-Length: 2\r\n\r\nno'));
    client.write(Buffer.concat([UPGRADE, requestBytes('GET /early')]));
    expect((await client.answer()).status).toBe(404);
    client.write(requestBytes('GET /later'));
    expect(await client.ended()).toBe('fin');
    expect(engine!.heads).toBe(1);
  });

  it('breaks at the client when what the engine says is no HTTP', async () => {
    await start(({ socket }) => socket.write('HTTP/1.1 400 x\n\nodd\n\n'));
    client.write(UPGRADE);
    await client.ended();
    await until(() => engine!.open === 0);
  });
});
