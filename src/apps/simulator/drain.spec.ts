import { once } from 'node:events';
import { createServer, request, Agent, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { drain } from './drain.js';

const agent = new Agent({ keepAlive: true });
const server = createServer();

afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
});

describe(drain.name, () => {
  it('waits for what is in flight, though its connection is kept alive, and takes no more', async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sent = request({ host: '127.0.0.1', port, agent });
    const arrived = once(server, 'request');
    const answered = once(sent, 'response');
    sent.end();
    const [, response] = (await arrived) as [unknown, ServerResponse];
    response.write('first');
    const [answer] = await answered;
    answer.resume();
    let isDrained = false;
    const drained = drain(server, 600).then(() => (isDrained = true));
    const refused = request({ host: '127.0.0.1', port, agent: false });
    const [error] = await once(refused, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    expect(isDrained).toBe(false);
    response.end('last');
    await once(answer, 'end');
    await drained;
  });

  it('waits for nothing where no time is given', async () => {
    await drain(createServer(), 0);
  });
});
