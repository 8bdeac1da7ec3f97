import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { writeRequest } from '../../support/ext-proc-messages.js';
import { GrpcCall, GrpcConnection } from '../../support/grpc-client.js';
import { PickerLaunch } from '../../support/picker-launch.js';
import type { SidecarProcess } from '../../support/sidecar-process.js';

const PROCESS = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
const CHAT = { model: 'm', messages: [] };
const HEAD = writeRequest({
  request_headers: { headers: [[':path', '/v1/models']], end_of_stream: true },
});

const launch = new PickerLaunch();
let picker: SidecarProcess;
let client: ExtProcClient;
let connection: GrpcConnection;

beforeAll(async () => {
  [picker, client] = await launch.serve(['--grpc-max-recv-msg-size=1MiB']);
  connection = await GrpcConnection.connect(picker.port);
});
afterAll(async () => {
  await connection.close();
  await launch.stop();
});

/** @returns a call of Process with these headers */
function called(headers: Readonly<Record<string, string>>): GrpcCall {
  const usual = { ':method': 'POST', ':path': PROCESS, 'content-type': 'application/grpc' };
  return new GrpcCall(connection.session.request({ ...usual, ...headers }));
}

describe('the gRPC server of the picker', () => {
  it('serves a thousand streams of one connection side by side', async () => {
    const streams = Array.from({ length: 1000 }, () => client.stream());
    for (const stream of streams) {
      stream.send({ request_headers: { headers: [[':path', '/v1/chat/completions']] } });
    }
    for (const stream of streams) {
      stream.send({ request_body: { body: JSON.stringify(CHAT), end_of_stream: true } });
    }
    for (const stream of streams) {
      expect((await stream.next()).kind).toBe('request_headers');
      expect((await stream.next()).streamed?.end_of_stream).toBe(true);
      stream.halfClose();
    }
    for (const stream of streams) expect((await stream.ended()).code).toBe(0);
  });

  it('serves two hundred connections', async () => {
    const all = Array.from({ length: 200 }, () => ExtProcClient.connect(picker.port));
    const clients = await Promise.all(all);
    const asked = clients.map((one) => playRequest(one.stream(), { body: CHAT }));
    const endpoints = (await Promise.all(asked)).map(({ endpoint }) => endpoint);
    expect(new Set(endpoints)).toEqual(new Set(['10.9.0.1:8000']));
    await Promise.all(clients.map((one) => one.close()));
  });

  it('takes messages in gzip, and heads that mean nothing to it', async () => {
    const call = called({ 'grpc-encoding': 'gzip', 'x-a': 'b', 'grpc-timeout': '20S' });
    const packed = gzipSync(HEAD);
    call.stream.write(Buffer.concat([Buffer.from([1, 0, 0, 0, packed.length]), packed]));
    expect(await call.next()).toBeDefined();
    call.halfClose();
    expect((await call.ended()).code).toBe(0);
  });

  it('has no other encodings, methods and sizes', async () => {
    const snappy = called({ 'grpc-encoding': 'snappy' });
    expect(await snappy.ended()).toMatchObject({
      code: 12,
      message: 'messages in snappy are not taken: send them in one of identity,gzip,deflate',
    });
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    expect((await called({ ':path': path }).ended()).code).toBe(12);
    const large = called({});
    large.send(Buffer.alloc(2 ** 20 + 1));
    expect(await large.ended()).toMatchObject({
      code: 8,
      message: expect.stringContaining('--grpc-max-recv-msg-size') as unknown,
    });
    const broken = called({});
    broken.send(Buffer.from([0xff, 0xff]));
    expect((await broken.ended()).code).toBe(3);
    const within = called({});
    within.stream.end(Buffer.from([0, 0, 0]));
    expect((await within.ended()).code).toBe(13);
    // The connection is as good as before.
    const fine = called({});
    fine.send(HEAD);
    expect(await fine.next()).toBeDefined();
    fine.cancel();
  });

  it('answers pings', async () => {
    const told = Promise.withResolvers<void>();
    connection.session.ping((error) => (error ? told.reject(error) : told.resolve()));
    await told.promise;
  });
});
