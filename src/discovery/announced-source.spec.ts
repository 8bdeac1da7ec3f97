import { encode } from '@msgpack/msgpack';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { until } from '../../test/support/raw-client.js';
import { SilentLogger } from '../logging/silent-logger.js';
import { ZmqPeer } from '../zmq/zmq-peer.js';
import { AnnouncedSource, type AnnouncementTimes } from './announced-source.js';
import { readAnnouncement } from './announcement.js';
import type { FoundEndpoint } from './endpoint-source.js';

const P = { type: 'P', http_address: '10.0.0.1:8000', zmq_address: '10.0.0.1:21001' };
const D = { type: 'D', http_address: '10.0.0.2:8000', zmq_address: '10.0.0.2:22001' };

describe(readAnnouncement.name, () => {
  it('makes a worker of it', () => {
    expect(readAnnouncement(encode({ ...P, more: 1 }))).toMatchObject({
      role: 'prefill',
      source: 'announced',
      labels: { zmq_address: '10.0.0.1:21001' },
      address: { url: 'http://10.0.0.1:8000' },
    });
    expect(readAnnouncement(encode(D))).toMatchObject({ role: 'decode' });
  });

  it.each([
    ['no msgpack', Buffer.from([0xc1])],
    ['a text', encode('x')],
    ['another type', encode({ ...P, type: 'X' })],
    ['no address', encode({ type: 'P', http_address: '10.0.0.1:8000' })],
    ['more than an address', encode({ ...P, zmq_address: '10.0.0.1:1\r\nx: y' })],
    ['an address with a path', encode({ ...P, http_address: '10.0.0.1:1/x' })],
    ['the metadata service', encode({ ...P, http_address: '169.254.169.254:80' })],
  ])('refuses %s', (_what, bytes) => {
    expect(typeof readAnnouncement(bytes)).toBe('string');
  });
});

describe(AnnouncedSource.name, () => {
  let source: AnnouncedSource;
  const peers: ZmqPeer[] = [];
  let found: readonly FoundEndpoint[] = [];
  const begin = async (times?: AnnouncementTimes): Promise<void> => {
    const options = { host: '127.0.0.1', port: 0, logger: new SilentLogger() };
    source = await AnnouncedSource.listen({ ...options, ...(times && { times }) });
    source.start((all) => (found = all));
  };
  beforeEach(() => {
    found = [];
  });
  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close();
    source.stop();
  });
  const announce = async (...said: object[]): Promise<void> => {
    const ready = Promise.withResolvers<void>();
    const peer = new ZmqPeer(
      connect(source.port, '127.0.0.1'),
      { type: 'DEALER', maxMessageBytes: 100 },
      { ready: () => ready.resolve(), message: () => undefined },
    );
    peers.push(peer);
    await ready.promise;
    for (const one of said) peer.send([encode(one)]);
  };
  const states = (): string[] =>
    found.map(({ spec, usable }) => `${spec.role} ${spec.address.url} ${usable}`);

  it('finds those that announce themselves', async () => {
    await begin();
    await announce(P);
    await announce(D, { type: 'nonsense' }, P);
    await until(() => found.length === 2);
    expect(states()).toEqual([
      'prefill http://10.0.0.1:8000 true',
      'decode http://10.0.0.2:8000 true',
    ]);
    expect(source.provedAt).toBeGreaterThan(0);
  });

  it('takes one with another ZeroMQ address for another one', async () => {
    await begin();
    await announce(P);
    await until(() => found.length === 1);
    const [{ identity }] = found as [FoundEndpoint];
    await announce({ ...P, zmq_address: '10.0.0.1:21002' });
    await until(() => found[0]!.identity !== identity);
    expect(found).toHaveLength(1);
  });

  it('lets those rest that fall silent, and forgets them later', async () => {
    await begin({ fresh: 50, known: 400, tick: 5 });
    await announce(P);
    await until(() => states().join() === 'prefill http://10.0.0.1:8000 true');
    await until(() => states().join() === 'prefill http://10.0.0.1:8000 false');
    await announce(P);
    await until(() => states().join() === 'prefill http://10.0.0.1:8000 true');
    await until(() => found.length === 0);
  });
});
