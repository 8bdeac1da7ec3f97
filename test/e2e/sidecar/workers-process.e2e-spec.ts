import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:net';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineBehaviour } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { RawClient, requestBytes, until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';
import { SidecarWorkers } from '../../support/sidecar-workers.js';

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a sidecar of two workers', () => {
  let sidecar: SidecarWorkers;
  const clients: RawClient[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await sidecar.stop();
  });

  const start = async (...flags: string[]): Promise<void> => {
    sidecar = await SidecarWorkers.start(flags);
    await sidecar.ready();
  };
  const pids = async (): Promise<number[]> =>
    (await sidecar.logged('worker serves', 2)).map(({ pid }) => pid as number);
  const readiness = async (): Promise<number> =>
    (await fetch(`${sidecar.program.opsUrl}/health/ready`)).status;

  /** Starts as many streams, one on each worker in turn, and waits for their first bytes. */
  const stream = async (count: number): Promise<{ finish: () => void }> => {
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const behaviour: EngineBehaviour = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
      await held;
      response.end('data: last\n\n');
    };
    sidecar.decoder.behaviour = behaviour;
    for (let i = 0; i < count; i++) {
      const client = await RawClient.connect(sidecar.program.port);
      client.write(requestBytes('POST /v1/completions', [], '{"stream":true}'));
      clients.push(client);
      await until(() => client.received.includes('first'));
    }
    return { finish };
  };

  it('says once that it is ready, and which worker wrote a line', async () => {
    await start();
    expect(await sidecar.logged('ready')).toEqual([expect.objectContaining({ workers: 2 })]);
    for (let i = 0; i < 4; i++) expect(await sidecar.ask()).toBe(200);
    const lines = await sidecar.logged('request', 4);
    expect(lines.map(({ worker }) => worker).toSorted()).toEqual([1, 1, 2, 2]);
    expect(sidecar.program.stdout).toBe('');
  });

  it('warns of bodies that are too long for one of them', async () => {
    await start('--max-buffered-bytes=3000', '--max-request-bytes=2000');
    const [warning] = await sidecar.logged(
      'a worker may hold fewer bytes than --max-request-bytes: longer bodies get 503',
    );
    expect(warning).toMatchObject({ bytesPerWorker: 1500, maxRequestBytes: 2000 });
    const answer = async (length: number): Promise<number> => {
      const headers = { 'x-prefiller-host-port': sidecar.prefiller.hostPort };
      const body = JSON.stringify({ prompt: 'x'.repeat(length) });
      const { url } = sidecar.program;
      return (await fetch(`${url}/v1/completions`, { method: 'POST', headers, body })).status;
    };
    expect([await answer(1000), await answer(1700), await answer(2500)]).toEqual([200, 503, 413]);
  });

  it('adds up what the workers count, and forgets nothing of one that died', async () => {
    await start();
    for (let i = 0; i < 6; i++) await sidecar.ask();
    const path = 'sidecar_requests_total{path="/v1/completions",status="200"}';
    const before = await readMetrics(sidecar.program.opsUrl);
    expect(before.get(path)).toBe(6);
    expect(before.get('sidecar_workers')).toBe(2);
    expect(before.get('sidecar_prefill_duration_seconds_count')).toBe(6);
    expect(before.get('sidecar_circuit_breaker_state{state="closed"}')).toBe(1);
    expect(before.get('sidecar_in_flight_requests')).toBe(0);
    expect(before.get('process_start_time_seconds')).toBeLessThan(Date.now() / 1000 + 1);
    await sidecar.kill(1);
    const without = await readMetrics(sidecar.program.opsUrl);
    expect(without.get(path)).toBe(6);
    await sidecar.logged('worker serves', 3);
    for (let i = 0; i < 4; i++) await sidecar.ask();
    const after = await readMetrics(sidecar.program.opsUrl);
    expect(after.get(path)).toBe(10);
    expect(after.get('sidecar_worker_restarts_total')).toBe(1);
    expect(after.get('sidecar_workers')).toBe(2);
  });

  it('loses the connections of a worker that is killed, and no others; another takes its place', async () => {
    await start();
    const { finish } = await stream(2);
    await sidecar.kill(1);
    expect(sidecar.program.lines.find(({ msg }) => msg === 'a worker ended')).toMatchObject({
      level: 'error',
      worker: 1,
      signal: 'SIGKILL',
    });
    await until(() => clients.some(({ ending }) => ending !== undefined));
    finish();
    const texts = (): string[] => clients.map(({ received }) => received.toString());
    await until(() => texts().some((text) => text.includes('last')));
    expect(texts().filter((text) => text.includes('last'))).toHaveLength(1);
    await sidecar.logged('worker serves', 3);
    for (let i = 0; i < 4; i++) expect(await sidecar.ask()).toBe(200);
    const workers = (await sidecar.logged('request', 5)).slice(-4).map(({ worker }) => worker);
    expect(new Set(workers)).toEqual(new Set([1, 2]));
  });

  it('breaks a connection that a hung worker was given and never took, when that is killed', async () => {
    await start();
    const [hung] = await pids();
    process.kill(hung!, 'SIGSTOP');
    for (let i = 0; i < 4; i++) {
      const client = await RawClient.connect(sidecar.program.port);
      client.write(requestBytes('GET /health', ['Connection: close']));
      clients.push(client);
    }
    const answered = (): RawClient[] => clients.filter(({ received }) => received.includes('200'));
    await until(() => answered().length === 3);
    process.kill(hung!, 'SIGKILL');
    await until(() => clients.every(({ ending }) => ending !== undefined));
    expect(answered()).toHaveLength(3);
  });

  it.each(['SIGTERM to the primary', 'SIGINT to all'])('drains together on %s', async (how) => {
    await start();
    const { finish } = await stream(4);
    const all = await pids();
    const [name] = how.split(' ');
    if (how.endsWith('all')) for (const pid of all) process.kill(pid, name);
    sidecar.program.signal(name as 'SIGTERM');
    await sidecar.logged('draining');
    expect(await readiness()).toBe(503);
    await expect(RawClient.connect(sidecar.program.port).then((c) => c.answer())).rejects.toThrow();
    expect(all.map(isAlive)).toEqual([true, true]);
    finish();
    expect(await sidecar.program.exited()).toBe(0);
    for (const client of clients) expect(client.received.toString()).toContain('last');
    expect(all.map(isAlive)).toEqual([false, false]);
    expect(sidecar.program.lines.some(({ msg }) => msg === 'a worker ended')).toBe(false);
  });

  it('cuts what is left when --shutdown-timeout is over', async () => {
    await start('--shutdown-timeout=300ms');
    await stream(2);
    sidecar.program.signal('SIGTERM');
    expect(await sidecar.program.exited()).toBe(0);
    expect(clients.map(({ received }) => received.includes('last'))).toEqual([false, false]);
    expect(sidecar.requests.map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout']);
  });

  it('leaves at once with 1 on a second signal', async () => {
    await start();
    await stream(2);
    const all = await pids();
    sidecar.program.signal('SIGTERM');
    await sidecar.logged('draining');
    sidecar.program.signal('SIGTERM');
    expect(await sidecar.program.exited()).toBe(1);
    await until(() => !all.some(isAlive));
  });

  it('ends its workers when the primary is killed', async () => {
    await start();
    const all = await pids();
    sidecar.program.signal('SIGKILL');
    await until(() => !all.some(isAlive));
  });

  it('gives up when workers cannot start any more, and says why', async () => {
    await start();
    for (const pid of await pids()) process.kill(pid, 'SIGKILL');
    // Without workers nobody listens, and somebody else may.
    const { port } = sidecar.program;
    const listen = (): Promise<Server | undefined> =>
      new Promise((resolve) => {
        const server = createServer();
        server.once('error', () => resolve(undefined));
        server.listen(port, '127.0.0.1', () => resolve(server));
      });
    let thief: Server | undefined;
    while (!thief) thief = await listen();
    expect(await sidecar.program.exited()).toBe(1);
    thief.close();
    const last = sidecar.program.lines.at(-1);
    expect(last).toMatchObject({ level: 'error', reason: expect.stringContaining(`port ${port}`) });
    const ended = sidecar.program.lines.filter(({ msg }) => msg === 'a worker ended');
    expect(ended.length).toBeLessThan(10);
  });

  it('writes whole lines into one file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-'));
    try {
      const file = join(folder, 'log');
      await start(`--log-file=${file}`, '--logtostderr=false', '--alsologtostderr');
      await Promise.all(Array.from({ length: 200 }, () => sidecar.ask()));
      sidecar.program.signal('SIGTERM');
      expect(await sidecar.program.exited()).toBe(0);
      const text = await readFile(file, 'utf8');
      const lines = text.trimEnd().split('\n');
      const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const requests = parsed.filter(({ msg }) => msg === 'request');
      expect(requests).toHaveLength(200);
      expect(new Set(requests.map(({ worker }) => worker))).toEqual(new Set([1, 2]));
      expect(sidecar.program.stderr).toBe(text);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a sidecar of several workers that cannot start', () => {
  let program: SidecarProcess;
  let holder: Server | undefined;
  afterEach(async () => {
    await program.stop();
    holder?.close();
    holder = undefined;
  });

  const fail = async (...flags: string[]): Promise<string> => {
    program = await SidecarProcess.start(({ data, metrics }) => [
      ...['sidecar', '--bind-address=127.0.0.1', '--secure-proxy=false'],
      ...[`--port=${data}`, `--metrics-port=${metrics}`, ...flags],
    ]);
    expect(await program.exited()).toBe(1);
    expect(program.lines).toHaveLength(1);
    return program.lines[0]!['msg'] as string;
  };

  it.each(['0', '-2', 'two', '1.5', '9999'])('refuses --workers=%s', async (value) => {
    expect(await fail(`--workers=${value}`)).toBe(
      `--workers: expected a whole number from 1 to 256, or auto, got "${value}"`,
    );
  });

  it('says in one line why a connector cannot start', async () => {
    const moriio = ['--kv-connector=moriio', '--moriio-local-pod-ip=no-such-host.invalid'];
    expect(await fail('--workers=2', ...moriio)).toMatch(
      /^--moriio-local-pod-ip: "no-such-host\.invalid" does not resolve/,
    );
  });

  it.each(['port', 'metrics-port'])('says in one line that --%s is in use', async (flag) => {
    holder = createServer();
    await new Promise<void>((resolve) => holder!.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    expect(await fail('--workers=2', `--${flag}=${port}`)).toBe(
      `--${flag}: port is in use: 127.0.0.1 port ${port}; free it or choose another`,
    );
  });
});
