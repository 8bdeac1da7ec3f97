import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { takeArrived } from './arrived-body.js';

describe(takeArrived.name, () => {
  let server: Server;
  let client: Socket;

  beforeEach(async () => {
    server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  /** Sends one piece and asks for the body a microtask after its head was read. */
  async function takeFrom(piece: string): Promise<{ request: IncomingMessage; body?: Buffer }> {
    return new Promise((resolve) => {
      server.once('request', (request: IncomingMessage) => {
        void Promise.resolve().then(() => {
          const body = takeArrived(request, 5);
          resolve(body ? { request, body } : { request });
        });
      });
      client.write(piece);
    });
  }

  it('takes a body that came with its head', async () => {
    const { request, body } = await takeFrom(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello',
    );
    expect(body?.toString()).toBe('hello');
    await once(request, 'end');
  });

  it('leaves a body alone of which some is still to come', async () => {
    const { request, body } = await takeFrom(
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel',
    );
    expect(body).toBeUndefined();
    client.write('lo');
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    expect(Buffer.concat(pieces).toString()).toBe('hello');
  });

  it('leaves a body alone that somebody else reads', async () => {
    const taken = new Promise<Buffer | undefined>((resolve) => {
      server.once('request', (request: IncomingMessage) => {
        request.resume();
        void Promise.resolve().then(() => resolve(takeArrived(request, 5)));
      });
    });
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello');
    expect(await taken).toBeUndefined();
  });
});
