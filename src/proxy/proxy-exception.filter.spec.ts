import { afterEach, describe, expect, it } from '@jest/globals';
import { BadRequestException, NotFoundException } from '@nestjs/common';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contextOf } from '../../test/support/http-context.js';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import type { RawAnswer } from '../../test/support/raw-answer.js';
import { RecordingLogger } from '../../test/support/sidecar-fixture.js';
import { ProxyError } from '../errors/proxy.error.js';
import { bindExchange, Exchange } from './exchange.js';
import { ProxyExceptionFilter } from './proxy-exception.filter.js';

describe(ProxyExceptionFilter.name, () => {
  let server: Server;
  let client: RawClient;
  let exchange: Exchange;
  const logger = new RecordingLogger();
  afterEach(() => {
    logger.lines.length = 0;
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const start = async (act: (response: ServerResponse) => unknown): Promise<void> => {
    const filter = new ProxyExceptionFilter(logger);
    server = createServer((request, response) => {
      const facts = { target: '/', path: '/', api: undefined, requestId: 'the-id' };
      exchange = new Exchange(request, response, facts);
      bindExchange(exchange);
      void Promise.resolve(act(response)).then((error) => filter.catch(error, contextOf(exchange)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = await RawClient.connect((server.address() as AddressInfo).port);
  };
  const thrown = async (
    error: unknown,
  ): Promise<{ answer: RawAnswer; error: object; fields: string }> => {
    await start(() => error);
    client.write(requestBytes('GET /'));
    const answer = await client.answer();
    const { error: body } = JSON.parse(answer.body.toString()) as { error: object };
    return {
      answer,
      error: body,
      fields: answer.headers.map((line) => line.join(': ')).join('\n'),
    };
  };

  it("answers with the row's constant text, never the detail", async () => {
    const { answer, error, fields } = await thrown(
      new ProxyError('bad_json', 'at byte 7 of 10.0.0.1'),
    );
    expect(answer.status).toBe(400);
    expect(error).toEqual({
      message: 'The request body is not a valid JSON object.',
      type: 'BadRequestError',
      param: null,
      code: 400,
    });
    expect(fields).toMatch(/^X-Request-Id: the-id$/m);
    expect(fields).toMatch(/^Content-Type: application\/json$/m);
    expect(fields).toMatch(/^Connection: keep-alive$/m);
    expect(exchange).toMatchObject({ errorCode: 'bad_json', outcome: 'rejected' });
    expect(logger.lines).toMatchObject([{ level: 'debug' }]);
  });

  it.each(['bad_routing_header', 'unknown_rank', 'unknown_connector'] as const)(
    'says at info what was refused as %s',
    async (code) => {
      const { error } = await thrown(new ProxyError(code, 'the header is x:1'));
      expect(JSON.stringify(error)).not.toContain('x:1');
      const fields = { requestId: 'the-id', code, reason: 'the header is x:1' };
      expect(logger.lines).toMatchObject([{ level: 'info', fields }]);
    },
  );

  it('says when to come back', async () => {
    const { fields } = await thrown(new ProxyError('decoder_not_ready', 'x'));
    expect(fields).toMatch(/^Retry-After: 1$/m);
    expect(exchange.outcome).toBe('failed');
  });

  it('wraps what a prefiller answered', async () => {
    const upstream = { status: 500, body: 'oops' };
    const { answer, error } = await thrown(
      new ProxyError('prefill_server_error', 'x', { upstream }),
    );
    expect(answer.status).toBe(502);
    expect(error).toMatchObject({ code: 'upstream_error', upstream });
  });

  it('tells nothing of an unexpected error but logs all', async () => {
    const secret = new TypeError('secret at 10.0.0.1');
    const { answer } = await thrown(secret);
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toMatch(/secret|10\.0|TypeError|stack/);
    expect(logger.lines).toMatchObject([{ level: 'error', fields: { error: secret } }]);
  });

  it('answers in the same shape for errors of Nest', async () => {
    const missing = await thrown(new NotFoundException());
    expect(missing.answer.status).toBe(404);
    expect(missing.error).toMatchObject({ type: 'NotFoundError', code: 404 });
    client.destroy();
    server.close();
    const other = await thrown(new BadRequestException('odd'));
    expect(other.error).toMatchObject({ code: 400, message: 'odd' });
  });

  it('cuts an answer that has begun, so that it does not look whole', async () => {
    await start(async (response) => {
      response.writeHead(200).write('part');
      await until(() => client.received.includes('part'));
      return new ProxyError('internal', 'x');
    });
    client.write(requestBytes('GET /'));
    expect(await client.answer()).toMatchObject({ status: 200, complete: false });
  });

  it('says nothing to a client that has left', async () => {
    await start(() => {
      exchange.end('client_gone');
      return new ProxyError('internal', 'x');
    });
    client.write(requestBytes('GET /'));
    await until(() => client.ending !== undefined);
    expect(client.received).toHaveLength(0);
    expect(exchange).toMatchObject({ outcome: 'client_gone', errorCode: undefined });
  });

  describe('refusing a body that still comes', () => {
    const refuse = (): ProxyError => new ProxyError('body_too_large', 'x');

    it('lets the client finish and then closes', async () => {
      await start(refuse);
      client.write(requestBytes('POST /', ['Content-Length: 8'], 'part'));
      await until(() => client.received.includes('413'));
      expect(client.ending).toBeUndefined();
      client.write('rest');
      expect((await client.answer()).complete).toBe(true);
      expect(await client.ended()).toBe('fin');
    });

    it('does not wait for ever', async () => {
      await start(refuse);
      client.write(requestBytes('POST /', ['Content-Length: 8'], 'part'));
      expect((await client.answer()).status).toBe(413);
      await client.ended(4000);
    });
  });
});
