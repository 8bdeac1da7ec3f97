import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { readEstablished, tcpKey } from './tcp-table.js';

const linux = process.platform === 'linux' ? it : it.skip;

describe(readEstablished.name, () => {
  linux('tells connections that live from those whose other side has ended them', async () => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const clients: Socket[] = [];
    const keys: string[] = [];
    for (let i = 0; i < 3; i++) {
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      clients.push(connect(port, '127.0.0.1'));
      const [socket] = await accepted;
      keys.push(tcpKey(port, socket.remotePort!));
      clients.push(socket.on('error', () => undefined));
    }
    const read = async (): Promise<string[]> => [...(await readEstablished(new Set(keys)))!].sort();
    expect(await read()).toEqual([...keys].sort());
    clients[2]!.end();
    clients[4]!.resetAndDestroy();
    while ((await read()).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await read()).toEqual([keys[0]]);
    for (const socket of clients) socket.destroy();
    server.close();
  });
});
