import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { playAnswer } from './ext-proc-answer.js';
import { ExtProcClient } from './ext-proc-client.js';
import { playRequest } from './ext-proc-exchange.js';
import { bytes, messages, readFields } from './protobuf-reader.js';
import { readStruct, writeStruct } from './protobuf-struct.js';
import { field, message } from './protobuf-writer.js';

let server: Http2Server;
let client: ExtProcClient;
afterEach(async () => {
  await client.close();
  server.close();
});

/** Answers each message with what `answer` makes of it. */
async function serve(answer: (request: ReturnType<typeof readFields>) => Buffer[]): Promise<void> {
  server = createServer().on('stream', (stream: ServerHttp2Stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    let rest: Buffer = Buffer.alloc(0);
    stream.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        for (const wire of answer(readFields(rest.subarray(5, end)))) {
          const head = Buffer.alloc(5);
          head.writeUInt32BE(wire.length, 1);
          stream.write(Buffer.concat([head, wire]));
        }
        rest = rest.subarray(end);
      }
    });
    stream.on('end', () => stream.end()).on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = await ExtProcClient.connect((server.address() as AddressInfo).port);
}

const header = (name: string, value: string): Buffer =>
  field(1, message(field(1, message(field(1, name), field(3, value)))));
const echo = (number: number, body: Buffer, end: boolean): Buffer =>
  field(number, field(1, field(3, field(3, message(field(1, body), field(2, end || undefined))))));

describe('ExtProcClient', () => {
  it('plays a request and its answer in full duplex', async () => {
    const heads: string[] = [];
    await serve((request) => {
      if (request.has(2)) {
        const map = messages(messages(request, 2)[0]!, 1)[0]!;
        heads.push(...messages(map, 1).map((line) => `${bytes(line, 1)}=${bytes(line, 3)}`));
        const mutation = message(
          header('x-gateway-destination-endpoint', '10.0.0.1:80'),
          field(2, 'x-bad'),
        );
        const metadata = writeStruct({
          'envoy.lb': { 'x-gateway-destination-endpoint': '10.0.0.1:80' },
        });
        return [message(field(1, field(1, field(2, mutation))), field(8, metadata))];
      }
      if (request.has(3)) return [field(2, field(1, field(2, header('x-decision', '1'))))];
      const number = request.has(4) ? 4 : 5;
      const body = messages(request, number)[0]!;
      return [echo(number - 1, bytes(body, 1), body.get(2)?.[0] === 1n)];
    });
    const stream = client.stream();
    const sent = {
      headers: [
        ['x-bad', '1'],
        ['x-good', '2'],
      ] as const,
      body: 'abcdef',
      chunk: 4,
    };
    const decision = await playRequest(stream, sent);
    expect(heads).toContain(':method=POST');
    expect([decision.endpoint, decision.metadata]).toEqual(['10.0.0.1:80', '10.0.0.1:80']);
    expect([decision.headers.has('x-bad'), decision.headers.get('x-good')]).toEqual([false, '2']);
    expect(decision.body.toString()).toBe('abcdef');
    const answer = await playAnswer(stream, { chunks: ['{"a"', ':1}'] });
    expect([answer.headers.get('x-decision'), answer.body.toString()]).toEqual(['1', '{"a":1}']);
    expect((await stream.ended()).code).toBe(0);
  });

  it('hands on an immediate response, and says what Envoy would call spurious', async () => {
    const immediate = message(
      field(1, field(1, 503)),
      field(2, header('x-reason', 'r')),
      field(3, 'no'),
    );
    await serve((request) => (request.has(2) ? [field(7, immediate)] : [field(1, field(1, ''))]));
    const body = { body: '', mode: 'BUFFERED' as const };
    const { immediate: got } = await playRequest(client.stream(), body);
    expect(got).toEqual({
      status: 503,
      headers: { 'x-reason': 'r' },
      body: Buffer.from('no'),
      details: '',
    });
    await expect(playAnswer(client.stream())).rejects.toThrow('spurious answer: request_headers');
  });

  it('writes structs as they are read', () => {
    const record = { a: [1, 'b', true, null], c: { d: -1.5 } };
    expect(readStruct(writeStruct(record))).toEqual(record);
  });
});
