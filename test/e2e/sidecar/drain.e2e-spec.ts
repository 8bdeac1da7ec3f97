import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { valuesOf } from '../../support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

describe('SIGTERM', () => {
  let prefiller: FakeEngine;
  let decoder: FakeEngine;
  let sidecar: SidecarProcess;
  let finish: (() => void)[] = [];
  const clients: RawClient[] = [];

  beforeAll(async () => {
    prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    decoder = await FakeEngine.start(json({ ok: true }));
  });
  afterAll(async () => {
    await prefiller.stop();
    await decoder.stop();
  });
  beforeEach(() => {
    finish = [];
    decoder.requests.length = 0;
    decoder.behaviour = (response, { url }) => {
      if (url !== '/v1/completions') return void response.end('{}');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      finish.push(() => response.end('data: [DONE]\n\n'));
    };
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await sidecar.stop();
  });

  async function start(...more: string[]): Promise<void> {
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...['sidecar', `--port=${data}`, `--metrics-port=${metrics}`, '--bind-address=127.0.0.1'],
      ...['--secure-proxy=false', `--model-server-port=${decoder.port}`, ...more],
    ]);
    await sidecar.ready();
  }
  async function connect(): Promise<RawClient> {
    const client = await RawClient.connect(sidecar.port);
    clients.push(client);
    return client;
  }
  async function streams(count: number): Promise<RawClient[]> {
    const lines = [`x-prefiller-host-port: ${prefiller.hostPort}`];
    const opened = await Promise.all(
      Array.from({ length: count }, async () => {
        const client = await connect();
        client.write(requestBytes('POST /v1/completions', lines, '{"stream":true}'));
        return client;
      }),
    );
    await until(() => opened.every((client) => client.received.includes('data: 1')));
    return opened;
  }

  it('lets streams finish, is not ready at once and exits with 0', async () => {
    await start();
    const opened = await streams(20);
    const kept = await connect();
    kept.write(requestBytes('GET /v1/models'));
    expect(valuesOf(await kept.answer(), 'connection').join()).not.toContain('close');
    expect((await fetch(`${sidecar.opsUrl}/health/ready`)).status).toBe(200);

    sidecar.signal('SIGTERM');
    await until(() => sidecar.stderr.includes('draining'));
    const ready = await fetch(`${sidecar.opsUrl}/health/ready`);
    expect(ready.status).toBe(503);
    expect((await fetch(`${sidecar.opsUrl}/health`)).status).toBe(200);
    expect((await fetch(`${sidecar.opsUrl}/metrics`)).status).toBe(200);
    await expect(RawClient.connect(sidecar.port)).rejects.toThrow();

    kept.write(requestBytes('GET /v1/models'));
    const last = await kept.answer();
    expect([last.status, valuesOf(last, 'connection')]).toEqual([200, ['close']]);

    for (const end of finish) end();
    for (const client of opened) {
      const answer = await client.answer();
      expect(answer).toMatchObject({ status: 200, complete: true });
      expect(answer.body.toString()).toBe('data: 1\n\ndata: [DONE]\n\n');
    }
    expect(await sidecar.exited()).toBe(0);
    expect(sidecar.stdout).toBe('');
  });

  it('without requests ends soon, with 0', async () => {
    await start();
    await connect();
    const before = performance.now();
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited()).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
  });

  it('cuts what is left after --shutdown-timeout, and exits with 0', async () => {
    await start('--shutdown-timeout=300ms');
    const [client] = await streams(1);
    sidecar.signal('SIGINT');
    const answer = await client!.answer();
    expect(answer).toMatchObject({ status: 200, complete: false });
    expect(await sidecar.exited()).toBe(0);
    // It was cut here: its client did not leave.
    const line = sidecar.lines.find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ status: 200, outcome: 'timeout' });
  });

  it('lets a request that is being prefilled finish', async () => {
    await start();
    let answer: (() => void) | undefined;
    prefiller.behaviour = (response, request) => {
      answer = () => void json({ kv_transfer_params: KV_PARAMS })(response, request);
    };
    const client = await connect();
    const lines = [`x-prefiller-host-port: ${prefiller.hostPort}`];
    client.write(requestBytes('POST /v1/chat/completions', lines, '{}'));
    await until(() => answer !== undefined);
    sidecar.signal('SIGTERM');
    await until(() => sidecar.stderr.includes('draining'));
    answer!();
    const { status, headers } = await client.answer();
    expect([status, valuesOf({ headers }, 'connection')]).toEqual([200, ['close']]);
    expect(await sidecar.exited()).toBe(0);
    prefiller.behaviour = json({ kv_transfer_params: KV_PARAMS });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('and then %s ends it at once, with 1', async (second) => {
    await start();
    const [client] = await streams(1);
    sidecar.signal('SIGTERM');
    await until(() => sidecar.stderr.includes('draining'));
    const before = performance.now();
    sidecar.signal(second);
    expect(await sidecar.exited()).toBe(1);
    expect(performance.now() - before).toBeLessThan(3000);
    expect(await client!.answer()).toMatchObject({ complete: false });
  });
});
