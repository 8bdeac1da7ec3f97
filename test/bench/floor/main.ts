/**
 * The bench's floor: the least that a disaggregating proxy on Node's raw sockets has to do. No
 * framework, no checks, no metrics, no TLS: what remains is the price of moving the bytes.
 *   node floor/main.js PORT DECODER_PORT
 */
import { createServer, type Socket } from 'node:net';
import { MessageReader } from '../wire/message-reader.js';
import { decodeParts, legHead, prefillerOf, prefillParts } from './legs.js';
import { giveBack, takeUpstream, type Upstream } from './upstream.js';

const [port = 8000, decoder = 8001] = process.argv.slice(2).map(Number);
const HEALTHY = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';

/** Serves one client connection, one request at a time. */
function serve(client: Socket): void {
  let head = '';
  let chunks: Buffer[] = [];
  let active: Upstream | undefined;

  const ask = (at: number, parts: Buffer[], raw: (bytes: Buffer) => void, done: () => void) => {
    const upstream = takeUpstream(at);
    active = upstream;
    upstream.observer = {
      raw,
      end: () => {
        active = undefined;
        giveBack(at, upstream);
        done();
      },
      fail: () => client.destroy(),
    };
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    upstream.socket.cork();
    upstream.socket.write(legHead(head, length), 'latin1');
    for (const part of parts) upstream.socket.write(part);
    upstream.socket.uncork();
  };

  const relay = (bytes: Buffer): void => {
    if (client.write(Buffer.from(bytes)) || !active) return;
    const { socket } = active;
    socket.pause();
    client.once('drain', () => socket.resume());
  };

  const dispatch = (): void => {
    const body = Buffer.concat(chunks);
    chunks = [];
    const prefiller = prefillerOf(head);
    if (head.startsWith('GET /health')) client.write(HEALTHY);
    else if (prefiller === undefined) ask(decoder, [body], relay, () => {});
    else {
      const answer: Buffer[] = [];
      const keep = (bytes: Buffer): void => void answer.push(Buffer.from(bytes));
      ask(prefiller, prefillParts(body), keep, () => {
        if (client.destroyed) return;
        ask(decoder, decodeParts(body, Buffer.concat(answer)), relay, () => {});
      });
    }
  };

  const reader = new MessageReader(true, {
    head: (text) => {
      head = text;
    },
    body: (buffer, start, end) => chunks.push(buffer.subarray(start, end)),
    end: dispatch,
  });
  client.on('data', (data) => reader.push(data));
  client.on('error', () => client.destroy());
  client.on('close', () => active?.socket.resetAndDestroy());
}

createServer({ noDelay: true }, serve).listen({ port, host: '127.0.0.1', backlog: 4096 });
