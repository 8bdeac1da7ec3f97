import { afterEach, describe, expect, it } from '@jest/globals';
import http2 from 'node:http2';
import { FakeEngine, type EngineBehaviour } from '../../support/fake-engine.js';
import { valuesOf } from '../../support/raw-answer.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

describe('GET /drain of the metrics port', () => {
  let sidecar: SidecarProcess;
  const decoders: FakeEngine[] = [];
  let finish: (() => void)[] = [];
  const clients: RawClient[] = [];

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await sidecar.stop();
    for (const decoder of decoders.splice(0)) await decoder.stop();
    finish = [];
  });

  const behaviour: EngineBehaviour = (response, { url }) => {
    if (url !== '/v1/completions') return void response.end('{}');
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    finish.push(() => response.end('data: [DONE]\n\n'));
  };

  async function start(...more: string[]): Promise<void> {
    const decoder = await FakeEngine.start(behaviour);
    decoders.push(decoder);
    const ranks = more.includes('--data-parallel-size=2') ? 2 : 1;
    sidecar = await SidecarProcess.start(
      ({ data, metrics }) => [
        ...['sidecar', `--port=${data}`, `--metrics-port=${metrics}`, '--bind-address=127.0.0.1'],
        ...['--secure-proxy=false', `--model-server-port=${decoder.port}`, ...more],
      ],
      {},
      undefined,
      ranks,
    );
    await sidecar.ready();
  }
  async function connect(port = sidecar.port): Promise<RawClient> {
    const client = await RawClient.connect(port);
    clients.push(client);
    return client;
  }
  /** Asks for what is answered at once. @returns the status, and what is said of the connection */
  async function ask(client: RawClient): Promise<string> {
    client.write(requestBytes('GET /health'));
    const answer = await client.answer();
    return `${answer.status} ${valuesOf(answer, 'connection').join()}`;
  }
  const drain = (query: string): Promise<Response> => fetch(`${sidecar.opsUrl}/drain${query}`);
  const said = (msg: string): number =>
    sidecar.lines.filter((line) => line['msg'] === `drain hook: ${msg}`).length;
  const began = (times = 1): Promise<void> =>
    until(() => said('each answer ends its connection') === times);
  const closed = (times: number): Promise<void> =>
    until(() => said('idle connections are closed') === times);

  it.each([
    ['one process', []],
    ['two workers', ['--workers=2']],
  ])('lets clients go while all are served: %s', async (_name, flags) => {
    await start(...flags);
    const kept = [await connect(), await connect()];
    for (const client of kept) expect(await ask(client)).toBe('200 keep-alive');
    const [idle, streaming] = [await connect(), await connect()];
    streaming.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
    await until(() => streaming.received.includes('data: 1'));

    const drained = drain('?seconds=2');
    await began();
    // Workers are told a moment later.
    const fresh = async (): Promise<string> => ask(await connect());
    for (let closing = 0; closing < 4;) closing += (await fresh()) === '200 close' ? 1 : 0;
    for (const client of kept) expect(await ask(client)).toBe('200 close');
    expect(idle.ending).toBeUndefined();
    expect((await fetch(`${sidecar.opsUrl}/health`)).status).toBe(200);

    const answer = await drained;
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain']);
    expect((await answer.text()).split('\n')).toHaveLength(2);
    await until(() => idle.ending !== undefined);
    expect(await fresh()).toBe('200 close');
    finish[0]!();
    const stream = await streaming.answer();
    expect([stream.status, stream.complete]).toEqual([200, true]);
    await streaming.ended();
    await closed(1);
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited()).toBe(0);
  });

  it('is not moved by callers who leave, or come at once', async () => {
    await start();
    const idle = await connect();
    const leaver = new AbortController();
    const left = fetch(`${sidecar.opsUrl}/drain?seconds=2`, { signal: leaver.signal });
    left.catch(() => undefined);
    await began();
    leaver.abort();
    const other = drain('?seconds=3');
    await began(2);
    await closed(1);
    await until(() => idle.ending !== undefined);
    expect((await other).status).toBe(200);
    await closed(2);
    expect((await fetch(`${sidecar.opsUrl}/metrics`)).status).toBe(200);
  });

  it('concerns a worker that takes the place of another', async () => {
    await start('--workers=2');
    expect((await drain('?seconds=0')).status).toBe(200);
    const serving = (): Record<string, unknown>[] =>
      sidecar.lines.filter(({ msg }) => msg === 'worker serves');
    for (const { pid } of serving()) process.kill(pid as number, 'SIGKILL');
    await until(() => serving().length === 4);
    for (let i = 0; i < 4; i++) expect(await ask(await connect())).toBe('200 close');
  });

  it('concerns the ports of all data-parallel ranks', async () => {
    await start('--data-parallel-size=2');
    expect((await drain('?seconds=0')).status).toBe(200);
    for (const rank of [0, 1])
      expect(await ask(await connect(sidecar.port + rank))).toBe('200 close');
  });

  it('says GOAWAY to HTTP/2 clients with their next answer', async () => {
    await start('--secure-proxy=true');
    const origin = `https://127.0.0.1:${sidecar.port}`;
    const session = http2.connect(origin, { rejectUnauthorized: false });
    let goneAway = false;
    session.on('error', () => undefined).on('goaway', () => (goneAway = true));
    const drained = drain('?seconds=1');
    await began();
    const stream = session.request({ ':path': '/health' });
    let status: unknown;
    stream.on('response', (head) => (status = head[':status'])).resume();
    await until(() => session.destroyed);
    expect([status, goneAway]).toEqual([200, true]);
    expect((await drained).status).toBe(200);
  });

  it.each([
    ['?seconds=ten', 'got "ten"'],
    ['?seconds=', 'got ""'],
    ['?seconds=-1', 'got "-1"'],
    ['?seconds=1.5', 'got "1.5"'],
    ['?seconds=3601', 'got "3601"'],
    ['?seconds=1&seconds=2', 'got "1" and "2"'],
    ['?secs=5', 'there is no parameter "secs"; give /drain?seconds=10'],
  ])('refuses %s, and does nothing', async (query, says) => {
    await start();
    const answer = await drain(query);
    const { error } = (await answer.json()) as { error: { message: string } };
    expect(answer.status).toBe(400);
    expect(error.message).toContain(says);
    expect(await ask(await connect())).toBe('200 keep-alive');
  });

  it('is no path of the data port, and takes no other method', async () => {
    await start();
    decoders[0]!.behaviour = (response) => void response.writeHead(418).end();
    expect((await fetch(`${sidecar.url}/drain?seconds=0`)).status).toBe(418);
    const answer = await fetch(`${sidecar.opsUrl}/drain?seconds=0`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([
      404,
      expect.stringContaining('GET /drain'),
    ]);
    expect(said('each answer ends its connection')).toBe(0);
  });
});
