import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RawClient, until } from '../../test/support/raw-client.js';
import { attachConnection } from './connection.js';
import { inTurn } from './pipeline.js';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe(inTurn.name, () => {
  let server: Server;
  let client: RawClient;
  let begun: ServerResponse[];
  let arrived: IncomingMessage[];
  let answering: boolean;
  beforeEach(async () => {
    begun = [];
    arrived = [];
    answering = false;
    server = http.createServer((request, response) => {
      arrived.push(request);
      inTurn(request, response, () => {
        begun.push(response);
        if (answering) response.end();
      });
    });
    server.on('connection', attachConnection);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = await RawClient.connect((server.address() as AddressInfo).port);
  });
  afterEach(async () => {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('begins with a request when the one ahead of it was answered', async () => {
    client.write(get('/1') + get('/2') + get('/3'));
    await until(() => arrived.length === 3);
    for (let i = 0; i < 3; i++) {
      await until(() => begun.length > i);
      expect(begun.map(({ req }) => req.url)).toEqual(['/1', '/2', '/3'].slice(0, i + 1));
      begun[i]!.end(begun[i]!.req.url);
      expect((await client.answer()).body.toString()).toBe(`/${i + 1}`);
    }
  });

  it('begins with none when the connection ends', async () => {
    client.write(get('/1') + get('/2'));
    await until(() => arrived.length === 2);
    client.destroy();
    await until(() => begun[0]!.closed);
    expect(begun).toHaveLength(1);
  });

  it('begins with none behind the last answer of a connection', async () => {
    client.write(get('/1') + get('/2'));
    await until(() => arrived.length === 2);
    begun[0]!.setHeader('connection', 'close').end();
    await client.answer();
    await client.ended();
    expect(begun).toHaveLength(1);
  });

  it('reads no further when too many wait, and goes on when they have had their turn', async () => {
    const all = 5_000;
    client.write(get('/x').repeat(all));
    await until(() => arrived.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(arrived.length).toBeLessThan(all);
    answering = true;
    begun[0]!.end();
    await until(() => begun.length === all);
  });
});
