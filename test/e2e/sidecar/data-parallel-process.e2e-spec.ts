import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FakeEngine } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { RawClient, rawExchange, requestBytes, until } from '../../support/raw-client.js';
import { startDecoders } from '../../support/ranked-fixture.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const RANKS = 3;

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
const close = (server: Server): Promise<unknown> => new Promise((resolve) => server.close(resolve));

describe('a program with data-parallel ranks', () => {
  let decoders: FakeEngine[];
  let sidecar: SidecarProcess;
  const clients: RawClient[] = [];
  const holders: Server[] = [];
  beforeEach(async () => {
    decoders = await startDecoders(RANKS);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const holder of holders.splice(0)) await close(holder);
    await sidecar.stop();
    for (const decoder of decoders) await decoder.stop();
  });

  /** @param holding the port that somebody else has when the program starts, by the first of its ports */
  const start = async (
    flags: readonly string[],
    holding?: (data: number) => number,
  ): Promise<void> => {
    let held: Promise<Server> | undefined;
    sidecar = await SidecarProcess.start(
      ({ data, metrics }) => {
        if (holding) held = listen(holding(data));
        return [
          ...['--bind-address=127.0.0.1', '--secure-proxy=false', '--pod-ip=10.0.0.7'],
          ...[`--port=${data}`, `--metrics-port=${metrics}`, `--data-parallel-size=${RANKS}`],
          ...[`--model-server-port=${decoders[0]!.port}`, ...flags],
        ];
      },
      {},
      undefined,
      RANKS,
    );
    if (held) holders.push(await held);
  };
  const ports = (): number[] => decoders.map((_, rank) => sidecar.port + rank);
  const ask = async (port: number, fields: readonly string[] = []): Promise<string> => {
    const answer = await rawExchange(port, requestBytes('POST /v1/completions', fields, '{}'));
    return answer.body.toString();
  };
  /** Workers are told to drain, and refuse a moment later. */
  const refused = async (port: number): Promise<void> => {
    for (;;) {
      const client = await RawClient.connect(port).catch(() => undefined);
      if (!client) return;
      client.destroy();
    }
  };
  const metric = async (name: string): Promise<number | undefined> =>
    (await readMetrics(sidecar.opsUrl)).get(name);

  it.each([1, 2])(
    'of %i worker(s) ends with one line and 1 when a port of the ranks is in use',
    async (workers) => {
      let taken = 0;
      await start([`--workers=${workers}`], (data) => (taken = data + 2));
      expect(await sidecar.exited()).toBe(1);
      expect(sidecar.stdout).toBe('');
      expect(sidecar.lines).toHaveLength(1);
      expect(sidecar.lines[0]!['msg']).toBe(
        `--port with --data-parallel-size: port is in use: 127.0.0.1 port ${taken}; free it or choose another`,
      );
      // Nobody holds the others.
      for (const port of ports().slice(0, 2)) holders.push(await listen(port));
    },
  );

  it.each([1, 2])('of %i worker(s) drains all ports at once', async (workers) => {
    await start([`--workers=${workers}`, '--shutdown-timeout=20s']);
    await sidecar.ready();
    const finish: (() => void)[] = [];
    for (const [rank, decoder] of decoders.entries())
      decoder.behaviour = (response, { url }) => {
        if (url === '/health') return void response.end();
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
        // By rank: requests arrive in any order.
        finish[rank] = () => response.end('data: [DONE]\n\n');
      };
    for (const port of ports()) {
      const client = await RawClient.connect(port);
      clients.push(client);
      client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
    }
    await until(() => clients.every(({ received }) => received.includes('data: 1')));
    sidecar.signal('SIGTERM');
    await until(() => sidecar.stderr.includes('draining'));
    expect((await fetch(`${sidecar.opsUrl}/health/ready`)).status).toBe(503);
    for (const port of ports()) await refused(port);
    // One after another: each waits for its own streams alone.
    for (const [rank, client] of clients.entries()) {
      expect(sidecar.exitCode).toBeUndefined();
      finish[rank]!();
      const answer = await client.answer();
      expect(answer).toMatchObject({ status: 200, complete: true });
      expect(answer.body.toString()).toBe('data: 1\n\ndata: [DONE]\n\n');
    }
    expect(await sidecar.exited()).toBe(0);
  });

  it('cuts what is left of all ports at once, and says so once', async () => {
    await start(['--shutdown-timeout=300ms']);
    await sidecar.ready();
    for (const decoder of decoders)
      decoder.behaviour = (response) => void response.writeHead(200).write('x');
    for (const port of ports()) {
      const client = await RawClient.connect(port);
      clients.push(client);
      client.write(requestBytes('POST /v1/completions', [], '{}'));
    }
    await until(() => clients.every(({ received }) => received.includes('x')));
    sidecar.signal('SIGTERM');
    for (const client of clients) expect(await client.answer()).toMatchObject({ complete: false });
    expect(await sidecar.exited()).toBe(0);
    const cut = sidecar.lines.filter(({ msg }) => String(msg).startsWith('--shutdown-timeout'));
    expect(cut).toHaveLength(1);
    const requests = sidecar.lines.filter(({ msg }) => msg === 'request');
    expect(requests.map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout', 'timeout']);
  });

  it('of two workers has each of them serve each port', async () => {
    await start(['--workers=2']);
    await sidecar.ready();
    for (const [rank, port] of ports().entries())
      for (let i = 0; i < 4; i++) expect(await ask(port)).toBe(`{"rank":${rank}}`);
    const named = [`x-data-parallel-host-port: 10.0.0.7:${sidecar.port + 2}`];
    expect(await ask(sidecar.port, named)).toBe('{"rank":2}');
    await until(() => sidecar.lines.filter(({ msg }) => msg === 'request').length === 13);
    const lines = sidecar.lines.filter(({ msg }) => msg === 'request');
    const served = new Set(lines.map(({ worker, rank }) => `${String(rank)} by ${String(worker)}`));
    expect([...served].toSorted()).toEqual([
      ...['0 by 1', '0 by 2', '1 by 1', '1 by 2', '2 by 1', '2 by 2'],
    ]);
    expect(await metric('sidecar_requests_total{path="/v1/completions",status="200"}')).toBe(13);
    expect(sidecar.lines.filter(({ msg }) => msg === 'ready')).toEqual([
      expect.objectContaining({ port: sidecar.port, dataParallelSize: RANKS, workers: 2 }),
    ]);
  });

  it('of two workers tells readiness by rank, and on the metrics port of all', async () => {
    await start(['--workers=2']);
    await sidecar.ready();
    await decoders[2]!.stop();
    const urls = [...ports().map((port) => `http://127.0.0.1:${port}`), sidecar.opsUrl];
    const answers = await Promise.all(urls.map((url) => fetch(`${url}/health/ready`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 503, 503]);
    expect(await answers[2]!.json()).toMatchObject({ error: { 'decoder-2': { status: 'down' } } });
    expect(Object.keys(((await answers[0]!.json()) as { info: object }).info)).toContain(
      'decoder-0',
    );
  });

  it('breaks the connections that a hung worker was given at each port and never took', async () => {
    await start(['--workers=2']);
    await sidecar.ready();
    const [hung] = sidecar.lines.filter(({ msg }) => msg === 'worker serves');
    process.kill(hung!['pid'] as number, 'SIGSTOP');
    for (const port of ports())
      for (let i = 0; i < 4; i++) {
        const client = await RawClient.connect(port);
        client.write(requestBytes('GET /health', ['Connection: close']));
        clients.push(client);
      }
    const answered = (): RawClient[] => clients.filter(({ received }) => received.includes('200'));
    await until(() => answered().length === 3 * RANKS);
    process.kill(hung!['pid'] as number, 'SIGKILL');
    await until(() => clients.every(({ ending }) => ending !== undefined));
    expect(answered()).toHaveLength(3 * RANKS);
  });

  it('of two workers serves all ports again after one was lost', async () => {
    await start(['--workers=2']);
    await sidecar.ready();
    const served = (): Record<string, unknown>[] =>
      sidecar.lines.filter(({ msg }) => msg === 'worker serves');
    await until(() => served().length === 2);
    process.kill(served()[0]!['pid'] as number, 'SIGKILL');
    await until(() => served().length === 3);
    for (const [rank, port] of ports().entries())
      for (let i = 0; i < 4; i++) expect(await ask(port)).toBe(`{"rank":${rank}}`);
  });
});
