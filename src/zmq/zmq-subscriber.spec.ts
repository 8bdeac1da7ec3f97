import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort } from '../../test/support/free-port.js';
import { until } from '../../test/support/raw-client.js';
import { ZmqServer } from './zmq-server.js';
import { ZmqSubscriber } from './zmq-subscriber.js';

const closing: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Publisher {
  readonly server: ZmqServer;
  readonly subscriptions: string[];
  publish(text: string): void;
}

async function publisher(port = 0): Promise<Publisher> {
  const subscriptions: string[] = [];
  const server = await ZmqServer.listen({
    type: 'PUB',
    host: '127.0.0.1',
    port,
    maxMessageBytes: 1000,
    maxPeers: 2,
    message: ([first]) => subscriptions.push(first!.toString('latin1')),
  });
  closing.push(() => server.close());
  const publish = (text: string): void => {
    for (const peer of server.peers) peer.send([Buffer.from(''), Buffer.from(text)]);
  };
  return { server, subscriptions, publish };
}

function subscriber(port: number): { got: string[]; lost: string[]; sut: ZmqSubscriber } {
  const got: string[] = [];
  const lost: string[] = [];
  const sut = new ZmqSubscriber(
    { host: '127.0.0.1', port },
    { topic: 'kv', maxMessageBytes: 1000, random: () => 0 },
    {
      message: (parts) => got.push(parts[1]!.toString()),
      lost: (reason) => lost.push(reason),
    },
  );
  closing.push(() => sut.close());
  return { got, lost, sut };
}

describe('a subscriber', () => {
  it('subscribes to its topic and takes what is published', async () => {
    const { server, subscriptions, publish } = await publisher();
    const { got } = subscriber(server.port);
    await until(() => subscriptions.length === 1);
    publish('one');
    publish('two');
    await until(() => got.length === 2);
    expect({ subscriptions, got }).toEqual({ subscriptions: ['\x01kv'], got: ['one', 'two'] });
  });

  it('finds its publisher when that comes later, and again when it comes back', async () => {
    const port = await freePort();
    const { got, lost } = subscriber(port);
    await until(() => lost.length > 0);
    const first = await publisher(port);
    await until(() => first.subscriptions.length === 1);
    await first.server.close();
    await until(() => lost.includes('it closed the connection'));
    const second = await publisher(port);
    await until(() => second.subscriptions.length === 1);
    second.publish('back');
    await until(() => got.length === 1);
  });

  it('connects anew when it is told to', async () => {
    const { server, subscriptions, publish } = await publisher();
    const { sut, lost, got } = subscriber(server.port);
    await until(() => subscriptions.length === 1);
    sut.reconnect('a gap');
    await until(() => subscriptions.length === 2);
    publish('more');
    await until(() => got.length === 1);
    expect(lost).toEqual(['a gap']);
  });

  it('leaves when it is closed', async () => {
    const { server, subscriptions } = await publisher();
    const { sut, lost } = subscriber(server.port);
    await until(() => subscriptions.length === 1);
    sut.close();
    await until(() => server.peers.size === 0);
    expect(lost).toEqual([]);
  });

  it('is sent away where there are too many', async () => {
    const { server, subscriptions } = await publisher();
    const all = [1, 2, 3].map(() => subscriber(server.port));
    await until(() => subscriptions.length === 2 && all.some(({ lost }) => lost.length > 0));
    expect(server.peers.size).toBe(2);
  });
});
