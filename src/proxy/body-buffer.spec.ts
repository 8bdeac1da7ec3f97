import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { RawClient, requestBytes, until } from '../../test/support/raw-client.js';
import type { ProxyError } from '../errors/proxy.error.js';
import { readBody } from './body-buffer.js';
import { BufferBudget } from './buffer-budget.js';

const CHUNKED = ['Transfer-Encoding: chunked'];

describe(readBody.name, () => {
  let server: Server;
  let client: RawClient;
  let budget: BufferBudget;
  /** How often the client was told to go on. */
  let begun: number;
  /** The exchange ends. */
  let end: () => void;
  let outcome: Promise<Buffer | ProxyError> | undefined;
  beforeEach(async () => {
    budget = new BufferBudget(1000);
    outcome = undefined;
    begun = 0;
    server = createServer((request: IncomingMessage, response) => {
      request.on('error', () => undefined);
      const reservation = budget.open();
      outcome = readBody(request, {
        limit: 600,
        reservation,
        begin: () => begun++,
        whenEnded: (listener) => {
          end = listener;
          return () => undefined;
        },
        idleMs: 200,
      }).catch((error: ProxyError) => error);
      void outcome.then(() => response.end('read'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = await RawClient.connect((server.address() as AddressInfo).port);
  });
  afterEach(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const result = async (): Promise<Buffer | ProxyError> => {
    await until(() => outcome !== undefined);
    return outcome!;
  };
  const read = async (...pieces: (string | Buffer)[]): Promise<string> => {
    for (const piece of pieces) {
      client.write(piece);
      await sleep(10);
    }
    const body = await result();
    if (!Buffer.isBuffer(body)) throw body;
    return body.toString();
  };

  it('reads a body of known length in one piece or many', async () => {
    expect(await read(requestBytes('POST /', [], 'hello'))).toBe('hello');
    expect(budget.held).toBe(5);
    expect(begun).toBe(1);
  });

  it('reads pieces of a body of known length in order', async () => {
    expect(await read(requestBytes('POST /', ['Content-Length: 9']), 'a', 'bcdefg', 'hi')).toBe(
      'abcdefghi',
    );
  });

  it('takes nothing of the budget for what is only announced', async () => {
    client.write(requestBytes('POST /', ['Content-Length: 600']));
    await until(() => begun === 1);
    expect(budget.held).toBe(0);
    client.write('x');
    await until(() => budget.held === 1);
  });

  it('gives up a body that stops arriving', async () => {
    client.write(requestBytes('POST /', ['Content-Length: 9']));
    client.write('abc');
    expect(await result()).toMatchObject({ code: 'body_timeout', row: { status: 408 } });
  });

  it('keeps no byte more once nobody needs it', async () => {
    client.write(requestBytes('POST /', ['Content-Length: 600']));
    client.write('abc');
    await until(() => budget.held === 3);
    end();
    expect(await result()).toMatchObject({ name: 'ExchangeEndedError' });
    client.write('x'.repeat(597));
    await sleep(20);
    expect(budget.held).toBe(3);
  });

  it('reads chunks', async () => {
    expect(
      await read(requestBytes('POST /', CHUNKED), '2\r\nhe\r\n', '3\r\nllo\r\n0\r\n\r\n'),
    ).toBe('hello');
    expect(budget.held).toBe(5);
  });

  it.each([
    ['no length', requestBytes('POST /')],
    ['length zero', requestBytes('POST /', ['Content-Length: 0'])],
    ['no chunk', requestBytes('POST /', CHUNKED, '0\r\n\r\n')],
  ])('gives nothing for %s', async (_what, bytes) => {
    expect(await read(bytes)).toBe('');
    expect(budget.held).toBe(0);
  });

  it('takes a body of the very limit', async () => {
    expect(await read(requestBytes('POST /', [], 'x'.repeat(600)))).toHaveLength(600);
  });

  it('refuses a larger one by its length, before it comes', async () => {
    client.write(requestBytes('POST /', ['Content-Length: 601']));
    expect(await result()).toMatchObject({ code: 'body_too_large' });
    expect(begun).toBe(0);
    expect(budget.held).toBe(0);
  });

  it('refuses chunks as soon as they are too many, and lets the rest go by', async () => {
    const chunk = `c8\r\n${'x'.repeat(200)}\r\n`;
    client.write(requestBytes('POST /', CHUNKED, chunk.repeat(4)));
    expect(await result()).toMatchObject({ code: 'body_too_large' });
    client.write(`${chunk.repeat(100)}0\r\n\r\n`);
    client.write(requestBytes('POST /', [], 'next'));
    await client.answer();
    await client.answer();
    expect(budget.held).toBeLessThanOrEqual(604);
  });

  it.each([
    ['of known length', requestBytes('POST /', [], 'x'.repeat(600))],
    ['in chunks', requestBytes('POST /', CHUNKED, `1f4\r\n${'x'.repeat(500)}\r\n0\r\n\r\n`)],
  ])('refuses one %s when all together hold too much', async (_what, bytes) => {
    budget.open().grow(501);
    client.write(bytes);
    expect(await result()).toMatchObject({ code: 'buffers_full' });
    expect(budget.held).toBe(501);
  });

  it.each([
    ['of known length', requestBytes('POST /', ['Content-Length: 9'], 'part')],
    ['in chunks', requestBytes('POST /', CHUNKED, '9\r\npart')],
  ])('refuses one %s that is cut short', async (_what, bytes) => {
    client.write(bytes);
    await until(() => outcome !== undefined);
    client.reset();
    expect(await result()).toMatchObject({ code: 'incomplete_body' });
  });
});
