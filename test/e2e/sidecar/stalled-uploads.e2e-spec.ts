import { connect as connectHttp2 } from 'node:http2';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const MIB = 1 << 20;
/** The contract says one second; a busy machine takes longer for everything. */
const SOON = 5_000;

describe('a client that leaves while an engine holds its upload back', () => {
  let engine: Server;
  let taken: Socket[];
  let fixture: SidecarFixture | undefined;
  beforeEach(async () => {
    taken = [];
    engine = createServer((socket) => {
      socket.on('error', () => undefined);
      taken.push(socket.pause());
    });
    await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    await fixture?.stop();
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => engine.close(resolve));
  });

  const start = async (tls: boolean): Promise<number> => {
    const { port } = engine.address() as AddressInfo;
    fixture = await startFixture({ modelServerPort: port, secureProxy: tls });
    return fixture.sidecar.port;
  };

  /** The engine took what it could and its connection was reset. */
  async function isAborted(): Promise<void> {
    await until(() => fixture!.log.requests.length > 0, SOON);
    expect(fixture!.log.requests[0]).toMatchObject({ status: 499, outcome: 'client_gone' });
    const [socket] = taken;
    socket!.resume();
    await until(() => socket!.closed, SOON);
  }

  it.each([
    ['plain', false],
    ['TLS', true],
  ])('with RST is noticed: %s', async (_, tls) => {
    const port = await start(tls);
    // A TLS socket cannot be reset, what it stands on can.
    const tcp = connect(port, '127.0.0.1');
    const options = tls ? { rejectUnauthorized: false, socket: tcp } : undefined;
    const client = await RawClient.connect(port, options);
    client.write(requestBytes('POST /v1/files', [`Content-Length: ${200 * MIB}`]));
    client.socket.write(Buffer.alloc(40 * MIB));
    let left = -1;
    await until(() => taken.length > 0, SOON);
    while (left !== client.socket.writableLength) {
      left = client.socket.writableLength;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(fixture!.log.requests).toEqual([]);
    if (tls) tcp.resetAndDestroy();
    else client.reset();
    await isAborted();
    client.destroy();
    tcp.destroy();
  });

  it.each(['stream', 'session'])('with its HTTP/2 %s is noticed', async (what) => {
    const port = await start(true);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on('error', () => undefined);
    const stream = session.request({ ':method': 'POST', ':path': '/v1/files' });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(40 * MIB));
    await until(() => taken.length > 0, SOON);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(fixture!.log.requests).toEqual([]);
    if (what === 'stream') stream.close(8);
    else session.destroy();
    await isAborted();
    session.destroy();
  });
});
