import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../test/support/raw-client.js';
import { GREETING, type SocketType } from './handshake.js';
import { ZmqPeer } from './zmq-peer.js';

/** What libzmq 4.3.5 sends, recorded. */
const LIBZMQ_GREETING = 'ff00000000000000017f03014e554c4c'.padEnd(128, '0');
const LIBZMQ_PUB = `${LIBZMQ_GREETING}0419${'0552454144590b536f636b65742d5479706500000003505542'}`;
const LIBZMQ_EVENTS =
  '010001080000000000000007000573686f7274' +
  `01046b7640610108000000000000000802000000000000012c${'4c'.repeat(300)}`;
const LIBZMQ_DEALER =
  `${LIBZMQ_GREETING}0437` +
  '0552454144590b536f636b65742d54797065000000064445414c4552084964656e746974790000000e31302e302e302e373a3231303031' +
  '000568656c6c6f';

interface Seen {
  readonly messages: string[][];
  reason: string | undefined;
  readonly received: Buffer[];
}

const open: { servers: Server[]; sockets: Socket[] } = { servers: [], sockets: [] };

afterEach(() => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  for (const server of open.servers.splice(0)) server.close();
});

/** A peer of this side, and the bare socket at the other end of its connection. */
async function facing(
  type: SocketType,
  options: { maxMessageBytes?: number; handshakeTimeout?: number } = {},
): Promise<{ peer: ZmqPeer; other: Socket; seen: Seen }> {
  const seen: Seen = { messages: [], reason: undefined, received: [] };
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => accepted.resolve(socket)).listen(0, '127.0.0.1');
  open.servers.push(server);
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const peer = new ZmqPeer(
    connect((server.address() as AddressInfo).port, '127.0.0.1'),
    { type, maxMessageBytes: 1000, ...options },
    {
      message: (parts) => seen.messages.push(parts.map((part) => part.toString('latin1'))),
      closed: (reason) => (seen.reason = reason),
    },
  );
  const other = await accepted.promise;
  open.sockets.push(other);
  other.on('data', (chunk) => seen.received.push(chunk)).on('error', () => undefined);
  return { peer, other, seen };
}

describe('a peer', () => {
  it("takes the messages of libzmq's PUB", async () => {
    const { other, seen, peer } = await facing('SUB');
    other.write(Buffer.from(LIBZMQ_PUB + LIBZMQ_EVENTS, 'hex'));
    await until(() => seen.messages.length === 2);
    expect(seen.messages).toEqual([
      ['', '\0\0\0\0\0\0\0\x07', 'short'],
      ['kv@a', '\0\0\0\0\0\0\0\x08', 'L'.repeat(300)],
    ]);
    peer.close();
  });

  it("knows the name of libzmq's DEALER, and answers it", async () => {
    const { other, seen, peer } = await facing('ROUTER');
    other.write(Buffer.from(LIBZMQ_DEALER, 'hex'));
    await until(() => seen.messages.length === 1);
    expect(peer.identity.toString()).toBe('10.0.0.7:21001');
    peer.send([Buffer.from('yes')]);
    await until(() => Buffer.concat(seen.received).includes('yes'));
    expect(Buffer.concat(seen.received).subarray(0, 64)).toEqual(GREETING);
    peer.close();
  });

  it('answers heartbeats', async () => {
    const { other, seen, peer } = await facing('SUB');
    other.write(Buffer.from(`${LIBZMQ_PUB}04090450494e4700646162`, 'hex'));
    await until(() => Buffer.concat(seen.received).includes('\x04\x07\x04PONGab'));
    peer.close();
  });

  it('sends nothing before the handshake is done', async () => {
    const { other, seen, peer } = await facing('SUB');
    peer.send([Buffer.from('early')]);
    other.write(Buffer.from(LIBZMQ_PUB, 'hex'));
    await until(() => Buffer.concat(seen.received).includes('READY'));
    expect(Buffer.concat(seen.received).includes('early')).toBe(false);
    peer.close();
  });

  const curve = Buffer.from(LIBZMQ_GREETING, 'hex');
  curve.write('CURVE', 12);
  it.each([
    ['HTTP', 'SUB', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'no ZMTP'],
    ['ZMTP 2', 'SUB', Buffer.from(LIBZMQ_GREETING.replace('7f0301', '7f0100'), 'hex'), 'ZMTP 1'],
    ['CURVE', 'SUB', curve, 'CURVE'],
    ['a pattern that does not fit', 'ROUTER', Buffer.from(LIBZMQ_PUB, 'hex'), '"PUB"'],
    ['a message too early', 'SUB', Buffer.from(`${LIBZMQ_GREETING}000141`, 'hex'), 'handshake'],
    [
      'a cut-off property',
      'SUB',
      Buffer.from(`${LIBZMQ_GREETING}0407055245414459ff`, 'hex'),
      'cut',
    ],
    ['a command without a name', 'SUB', Buffer.from(`${LIBZMQ_GREETING}0400`, 'hex'), 'name'],
    ['a long message', 'SUB', Buffer.from(`${LIBZMQ_PUB}02${'f'.repeat(16)}`, 'hex'), 'more than'],
    ['endless parts', 'SUB', Buffer.from(LIBZMQ_PUB + '010141'.repeat(65), 'hex'), 'more than'],
    ['a refusal', 'SUB', Buffer.from(`${LIBZMQ_GREETING}0409054552524f52026e6f`, 'hex'), ': no'],
  ] as const)('closes the connection on %s', async (_, type, bytes, reason) => {
    const { other, seen } = await facing(type);
    other.write(bytes);
    await until(() => seen.reason !== undefined);
    expect(seen.reason).toContain(reason);
    expect(seen.messages).toEqual([]);
  });

  it('adds up the parts of a message', async () => {
    const { other, seen } = await facing('SUB', { maxMessageBytes: 5 });
    other.write(Buffer.from(`${LIBZMQ_PUB}0103414141010341414100024141`, 'hex'));
    await until(() => seen.reason !== undefined);
    expect(seen.reason).toContain('more than 5 bytes');
  });

  it('waits for no handshake for ever', async () => {
    const { seen } = await facing('SUB', { handshakeTimeout: 10 });
    await until(() => seen.reason === 'no handshake in time');
  });

  it('takes what comes byte by byte', async () => {
    const { other, seen, peer } = await facing('SUB');
    for (const byte of Buffer.from(LIBZMQ_PUB + LIBZMQ_EVENTS, 'hex')) other.write(Buffer.of(byte));
    await until(() => seen.messages.length === 2);
    expect(seen.messages[0]![2]).toBe('short');
    peer.close();
  });
});
