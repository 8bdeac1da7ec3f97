import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { freePort } from '../../support/free-port.js';
import { readMetrics } from '../../support/metric-reader.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const WITHIN = 1000;

/** How a client can leave. */
const WAYS: [string, (client: RawClient) => void][] = [
  ['with FIN', (client) => client.destroy()],
  ['with RST', (client) => client.reset()],
  ['by closing its sending half', (client) => client.end()],
];

describe('a client that leaves', () => {
  let fixture: SidecarFixture;
  let client: RawClient;
  beforeEach(async () => {
    fixture = await startFixture({ metricsPort: await freePort(), retryBackoff: 60_000 });
    client = await RawClient.connect(fixture.sidecar.port);
  });
  afterEach(async () => {
    client.destroy();
    await fixture.stop();
  });

  const prefilled = (body = '{}', ...lines: string[]): Buffer =>
    requestBytes(
      'POST /v1/completions',
      [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`, 'x-request-id: left', ...lines],
      body,
    );

  /** The request is over: one access line, counted, nothing in flight, no engine connected for it. */
  async function isOver(status: number, prefills: number, decodes: number): Promise<void> {
    await until(() => fixture.log.requests.length === 1, WITHIN);
    expect(fixture.log.requests).toEqual([
      expect.objectContaining({
        ...{ requestId: 'left', outcome: 'client_gone', status, client: '127.0.0.1' },
      }),
    ]);
    const metrics = await readMetrics(fixture.opsUrl);
    expect(metrics.get('sidecar_in_flight_requests')).toBe(0);
    expect(metrics.get('sidecar_client_gone_total')).toBe(1);
    for (const type of ['network', 'http', 'timeout', 'internal']) {
      expect([type, metrics.get(`sidecar_errors_total{type="${type}"}`)]).toEqual([type, 0]);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(fixture.prefiller.requests).toHaveLength(prefills);
    expect(fixture.decoder.requests).toHaveLength(decodes);
    expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  }

  it.each(WAYS)('%s while it uploads starts nothing', async (_, leave) => {
    client.write(prefilled('{"a":', 'Content-Length: 1000'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    leave(client);
    await isOver(499, 0, 0);
  });

  it.each(WAYS)(
    '%s while it uploads what is passed through ends the decoder’s connection',
    async (_, leave) => {
      const bytes = requestBytes(
        'POST /v1/files',
        ['x-request-id: left', 'Content-Length: 1000'],
        'x',
      );
      client.write(bytes);
      await until(() => fixture.decoder.connections === 1, WITHIN);
      leave(client);
      await until(() => fixture.decoder.connections === 0, WITHIN);
      await isOver(499, 0, 0);
    },
  );

  it.each(WAYS)('%s during the prefill ends it, and no decode starts', async (_, leave) => {
    fixture.prefiller.behaviour = () => undefined;
    client.write(prefilled());
    await fixture.prefiller.received(1);
    leave(client);
    await until(() => fixture.prefiller.connections === 0, WITHIN);
    await isOver(499, 1, 0);
  });

  it.each(WAYS)(
    '%s within the prefiller’s answer ends it, and no decode starts',
    async (_, leave) => {
      fixture.prefiller.behaviour = (response) => void response.writeHead(200).write('{"kv_');
      client.write(prefilled());
      await fixture.prefiller.received(1);
      leave(client);
      await until(() => fixture.prefiller.connections === 0, WITHIN);
      await isOver(499, 1, 0);
    },
  );

  it.each(WAYS)('%s during a back-off ends the wait, and no attempt follows', async (_, leave) => {
    fixture.prefiller.behaviour = json('x', 500);
    client.write(prefilled());
    await until(() => fixture.log.lines.some(({ message }) => message.includes('again')), 5000);
    leave(client);
    await until(() => fixture.log.requests.length === 1, WITHIN);
    expect(fixture.log.requests[0]).toMatchObject({ outcome: 'client_gone', status: 499 });
    expect([fixture.prefiller.requests.length, fixture.decoder.requests.length]).toEqual([1, 0]);
  });

  it.each(WAYS)('%s before the decoder’s head ends the decode', async (_, leave) => {
    fixture.decoder.behaviour = () => undefined;
    client.write(prefilled());
    await fixture.decoder.received(1);
    leave(client);
    await until(() => fixture.decoder.connections === 0, WITHIN);
    await isOver(499, 1, 1);
  });

  it.each(WAYS)('%s in the middle of a stream ends the decode', async (_, leave) => {
    fixture.decoder.behaviour = async (response, { socket }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      while (!socket.destroyed) {
        response.write('data: {"a":1}\n\n');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    client.write(prefilled());
    await until(() => client.received.includes('data:'), 5000);
    leave(client);
    await until(() => fixture.decoder.connections === 0, WITHIN);
    await isOver(200, 1, 1);
  });

  it.each(WAYS)('%s while the stream is silent ends the decode', async (_, leave) => {
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    };
    client.write(prefilled());
    await until(() => client.received.includes('data:'), 5000);
    leave(client);
    await until(() => fixture.decoder.connections === 0, WITHIN);
    await isOver(200, 1, 1);
  });

  it('without having read a large answer ends the decode', async () => {
    client.socket.pause();
    fixture.decoder.behaviour = (response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536))) if (response.destroyed) return;
        response.once('drain', more);
      };
      more();
    };
    client.write(requestBytes('GET /v1/files/1', ['x-request-id: left']));
    await fixture.decoder.received(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.reset();
    await until(() => fixture.decoder.connections === 0, WITHIN);
    await isOver(200, 0, 1);
  });

  it('takes the second of two pipelined requests with it', async () => {
    fixture.decoder.behaviour = () => undefined;
    client.write(Buffer.concat([requestBytes('GET /v1/a'), requestBytes('GET /v1/b')]));
    await fixture.decoder.received(1);
    client.reset();
    await until(() => fixture.decoder.connections === 0, WITHIN);
    await until(
      () => fixture.log.requests.every(({ outcome }) => outcome === 'client_gone'),
      WITHIN,
    );
    const metrics = await readMetrics(fixture.opsUrl);
    expect(metrics.get('sidecar_in_flight_requests')).toBe(0);
  });
});

describe('many clients that leave at any time', () => {
  it('leave nothing behind', async () => {
    const metricsPort = await freePort();
    const decoder = await FakeEngine.start(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let i = 0; i < 20 && !response.destroyed; i++) {
        response.write(`data: ${i}\n\n`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      response.end();
    });
    const fixture = await startFixture({ metricsPort, modelServerPort: decoder.port });
    fixture.prefiller.behaviour = async (response, request) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return json({ kv_transfer_params: KV_PARAMS })(response, request);
    };
    try {
      await Promise.all(
        Array.from({ length: 150 }, async (_, i) => {
          const client = await RawClient.connect(fixture.sidecar.port);
          const lines = [`x-prefiller-host-port: ${fixture.prefiller.hostPort}`];
          client.write(requestBytes('POST /v1/completions', lines, '{"stream":true}'));
          await new Promise((resolve) => setTimeout(resolve, (i * 7) % 80));
          WAYS[i % WAYS.length]![1](client);
          await new Promise((resolve) => setTimeout(resolve, 5));
          client.destroy();
        }),
      );
      await until(() => fixture.log.requests.length === 150, 5000);
      expect((await readMetrics(fixture.opsUrl)).get('sidecar_in_flight_requests')).toBe(0);
      expect(fixture.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
      for (const { outcome } of fixture.log.requests)
        expect([undefined, 'client_gone']).toContain(outcome);
    } finally {
      await fixture.stop();
      await decoder.stop();
    }
  });
});
