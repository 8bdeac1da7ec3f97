import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const MIB = 1 << 20;
const READERS = 10;
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Reads an answer up to that many bytes, so that the process has all the memory that a stream takes: garbage outside
 * V8's heap is collected after 64 MiB.
 */
async function readSome(url: string, request: RequestInit, bytes: number): Promise<void> {
  const stop = new AbortController();
  const reader = (await fetch(url, { ...request, signal: stop.signal })).body!.getReader();
  for (let size = 0; size < bytes;) size += (await reader.read()).value!.length;
  stop.abort();
}

describe('slow peers', () => {
  let prefiller: FakeEngine;
  let decoder: FakeEngine;
  let sidecar: SidecarProcess;
  let written = 0;
  beforeAll(async () => {
    prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    decoder = await FakeEngine.start((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const event = Buffer.from(`data: ${'x'.repeat(16_000)}\n\n`);
      const more = (): void => {
        while (!response.destroyed) {
          written += event.length;
          if (!response.write(event)) return void response.once('drain', more);
        }
      };
      more();
    });
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...[`--port=${data}`, `--metrics-port=${metrics}`, '--secure-proxy=false'],
      `--model-server-port=${decoder.port}`,
    ]);
    await sidecar.ready();
  });
  afterAll(async () => {
    await sidecar.stop();
    await prefiller.stop();
    await decoder.stop();
  });

  const resident = async (): Promise<number> =>
    (await readMetrics(sidecar.opsUrl)).get('process_resident_memory_bytes')!;

  /** When the engine writes no more. */
  async function settled(): Promise<void> {
    for (let last = -1; last !== written;) {
      last = written;
      await wait(300);
    }
  }

  it('that do not read stop the engine, not the sidecar', async () => {
    const lines = [`x-prefiller-host-port: ${prefiller.hostPort}`];
    const headers = { 'x-prefiller-host-port': prefiller.hostPort };
    const request = { method: 'POST', body: '{"stream":true}', headers };
    await readSome(`${sidecar.url}/v1/completions`, request, 100 * MIB);
    const before = await resident();
    const clients: RawClient[] = [];
    for (let i = 0; i < READERS; i++) {
      const client = await RawClient.connect(sidecar.port);
      client.socket.pause();
      client.write(requestBytes('POST /v1/completions', lines, '{"stream":true}'));
      clients.push(client);
    }
    await decoder.received(READERS + 1);
    await settled();
    const stopped = written;
    expect((await resident()) - before).toBeLessThan(64 * MIB);
    expect((await fetch(`${sidecar.url}/health`)).status).toBe(200);

    const [first] = clients;
    first!.socket.resume();
    await until(() => written > stopped + MIB);
    for (const client of clients) client.reset();
    await until(() => decoder.connections === 0, 5000);
  });

  it('that do not take an upload stop the client, not the sidecar', async () => {
    const sockets: Socket[] = [];
    const engine = createServer((socket) => sockets.push(socket.pause()));
    await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
    const own = await SidecarProcess.start(({ data, metrics }) => [
      ...[`--port=${data}`, `--metrics-port=${metrics}`, '--secure-proxy=false'],
      `--model-server-port=${(engine.address() as AddressInfo).port}`,
    ]);
    try {
      await own.ready();
      const client = await RawClient.connect(own.port);
      client.write(requestBytes('POST /v1/files', [`Content-Length: ${200 * MIB}`]));
      const before = (await readMetrics(own.opsUrl)).get('process_resident_memory_bytes')!;
      client.socket.write(Buffer.alloc(60 * MIB));
      await wait(700);
      expect(client.socket.writableLength).toBeGreaterThan(30 * MIB);
      const after = (await readMetrics(own.opsUrl)).get('process_resident_memory_bytes')!;
      expect(after - before).toBeLessThan(32 * MIB);
      client.reset();
    } finally {
      await own.stop();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => engine.close(resolve));
    }
  });
});
