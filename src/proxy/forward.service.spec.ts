import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NetEngine, saying, whole } from '../../test/support/net-engine.js';
import { ProxyFront } from '../../test/support/proxy-front.js';
import { freePort } from '../../test/support/free-port.js';
import { rawExchange, requestBytes } from '../../test/support/raw-client.js';
import { exchangeWith } from '../../test/support/message-stub.js';
import { Exchange } from './exchange.js';
import { ForwardService } from './forward.service.js';
import { UpstreamService } from './upstream.service.js';
import { parseResponseHead } from './wire/response-head.js';

describe(ForwardService.name, () => {
  let engine: NetEngine | undefined;
  let front: ProxyFront | undefined;
  let server: Server | undefined;
  afterEach(async () => {
    await front?.stop();
    await engine?.stop();
    server?.close();
    engine = front = server = undefined;
  });

  it('notes how long the decoder took and how much it sent', async () => {
    engine = await NetEngine.start(saying(whole('hello')));
    front = await ProxyFront.start(engine.port);
    await rawExchange(front.port, requestBytes('GET /'));
    expect(front.exchanges[0]).toMatchObject({ responseBytes: 5, outcome: 'ok', ended: false });
    expect(front.exchanges[0]!.timings.decode).toBeGreaterThan(0);
    expect(front.exchanges[0]!.timings.firstByte).toBeGreaterThan(0);
  });

  it('tells that the decoder is not ready when it refuses', async () => {
    front = await ProxyFront.start(await freePort());
    const answer = await rawExchange(front.port, requestBytes('GET /'));
    expect(answer.status).toBe(503);
    expect(front.errors).toMatchObject([{ code: 'decoder_not_ready' }]);
  });

  it('tells that the decoder does not speak HTTP', async () => {
    engine = await NetEngine.start(saying('odd\r\n\r\n'));
    front = await ProxyFront.start(engine.port);
    expect((await rawExchange(front.port, requestBytes('GET /'))).status).toBe(502);
    expect(front.errors).toMatchObject([{ code: 'decoder_protocol' }]);
  });

  it('starts nothing for a client that has left', async () => {
    engine = await NetEngine.start(saying(whole()));
    const upstream = new UpstreamService(1);
    const exchange = exchangeWith();
    exchange.end('client_gone');
    const origin = { key: 'e', label: 'e', addresses: ['127.0.0.1'], port: engine.port };
    const request = { head: '', body: undefined, toHead: false, connectTimeout: 0, headTimeout: 0 };
    await new ForwardService(upstream).stream(exchange, origin, request);
    expect(engine.connections).toHaveLength(0);
  });

  it('sends an answer that is there already, with its own length and our request id', async () => {
    const head = parseResponseHead(
      'HTTP/1.1 422 No\r\nX-A: 1\r\nX-Request-Id: x\r\nTransfer-Encoding: chunked',
      false,
    );
    server = createServer((request, response) => {
      const facts = { target: '/', path: '/', api: undefined, requestId: 'the-id' };
      const exchange = new Exchange(request, response, facts);
      new ForwardService(new UpstreamService(1)).buffered(exchange, {
        head,
        body: Buffer.from('no!'),
      });
      expect(exchange.responseBytes).toBe(3);
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await rawExchange(port, requestBytes('GET /'));
    expect(answer.statusLine).toBe('HTTP/1.1 422 No');
    expect(answer.headers.slice(0, 3)).toEqual([
      ['X-A', '1'],
      ['X-Request-Id', 'the-id'],
      ['Content-Length', '3'],
    ]);
    expect(answer.body.toString()).toBe('no!');
  });
});
