import { afterEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { MetricsServer } from '../../test/support/metrics-server.js';
import { until } from '../../test/support/raw-client.js';
import {
  ServerMetricsFixture,
  type ServerMetricsFixtureOptions,
} from '../../test/support/server-metrics-fixture.js';
import { TlsFiles } from '../../test/support/tls-files.js';
import { vllmPage } from '../../test/support/vllm-page.js';
import { ServerMetrics } from './server-metrics.js';

const VLLM = `# HELP vllm:num_requests_waiting Requests {waiting}.
vllm:num_requests_waiting{engine="0"} 3
vllm:num_requests_running{engine="0"} 2
vllm:kv_cache_usage_perc{engine="0"} 0.25
`;

describe(ServerMetrics.name, () => {
  const opened: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.stop();
  });

  async function serve(...args: Parameters<typeof MetricsServer.start>): Promise<MetricsServer> {
    const server = await MetricsServer.start(...args);
    opened.push(server);
    return server;
  }

  function poll(options?: ServerMetricsFixtureOptions): ServerMetricsFixture {
    const fixture = new ServerMetricsFixture(options);
    opened.push({ stop: () => fixture.metrics.close() });
    return fixture;
  }

  it('writes what servers tell into their states, again and again', async () => {
    const server = await serve(VLLM);
    const fixture = poll();
    const before = performance.now();
    const state = fixture.add(server.port);
    await until(() => fixture.reads > 0);
    expect(state).toMatchObject({ waiting: 3, running: 2, kvUsage: 0.25 });
    expect(state.readAt).toBeGreaterThan(before);
    expect(state.readAt).toBeLessThanOrEqual(performance.now());
    server.tell(VLLM.replace('} 3', '} 8'));
    await until(() => state.waiting === 8);
    expect(server.opened).toBe(1);
    expect(fixture.pollErrors).toBe(0);
  });

  it('reads each server as the engine that its label names', async () => {
    const text = `${VLLM}sglang:num_queue_reqs 11\nsglang:num_running_reqs 1\nsglang:token_usage 0.5\n`;
    const { port } = await serve(text);
    const fixture = poll();
    const labelled = fixture.add(port, { id: 'a', labels: { 'llm-d.ai/engine-type': 'sglang' } });
    const old = fixture.add(port, {
      id: 'b',
      labels: { 'inference.networking.k8s.io/engine-type': 'sglang' },
    });
    const unlabelled = fixture.add(port, { id: 'c' });
    const unknown = fixture.add(port, { id: 'd', labels: { 'llm-d.ai/engine-type': 'other' } });
    await until(() => [labelled, old, unlabelled, unknown].every(({ readAt }) => readAt > 0));
    expect([labelled, old, unlabelled, unknown].map(({ waiting }) => waiting)).toEqual([
      11, 11, 3, 3,
    ]);
    expect(fixture.told).toEqual([expect.stringContaining('engine of a model server is unknown')]);
  });

  it('reads what a configuration says of an engine, and keeps what it leaves out', async () => {
    const { port } = await serve(`${VLLM}load{kind="a"} 5\nload{kind="b"} 6\nheat 1.5\n`);
    const fixture = poll({
      engines: [
        {
          name: 'vllm',
          queuedRequestsSpec: { name: 'load', labels: [['kind', 'b']] },
          kvUsageSpec: '',
          customMetrics: [{ attributeKey: 'Heat', metricSpec: { name: 'heat', labels: [] } }],
        },
      ],
    });
    const state = fixture.add(port);
    await until(() => fixture.reads > 0);
    expect(state).toMatchObject({ waiting: 6, running: 2, kvUsage: 0 });
    expect([...state.custom]).toEqual([['Heat', 1.5]]);
    expect(fixture.told).toEqual([]);
  });

  it('follows the adapters that are loaded', async () => {
    const lora = (running: string, at: number) =>
      `vllm:lora_requests_info{max_lora="2",running_lora_adapters="${running}",waiting_lora_adapters="c"} ${at}\n`;
    const server = await serve(VLLM + lora('a, b', 1));
    const fixture = poll();
    const state = fixture.add(server.port);
    await until(() => state.lora.max === 2);
    expect([...state.lora.running, ...state.lora.waiting]).toEqual(['a', 'b', 'c']);
    const { lora: before } = state;
    const reads = fixture.reads;
    await until(() => fixture.reads > reads + 2);
    expect(state.lora).toBe(before);
    server.tell(VLLM + lora('a, b', 1) + lora('', 2));
    await until(() => state.lora.running.size === 0);
  });

  it('asks for what it reads alone where a server can do that', async () => {
    const whole = vllmPage({ engines: [{ waiting: 1, running: 2, kvUsage: 0.5 }] });
    const server = await serve((request, response) => {
      const names = new URL(request.url!, 'http://x').searchParams.getAll('name[]');
      const lines = whole.split('\n');
      const told = names.length
        ? lines.filter((line) => names.some((name) => line.startsWith(`${name}{`)))
        : lines;
      response.end(`${told.join('\n')}\n`);
    });
    const state = poll().add(server.port);
    await until(() => server.asked.length > 5);
    expect(server.asked.filter((target) => target === '/metrics')).toHaveLength(1);
    expect(state).toMatchObject({ waiting: 1, running: 2, kvUsage: 0.5, blocks: 27_443 });
  });

  it.each([
    ['refuses', 404, ''],
    ['tells nothing of', 200, ''],
  ])('reads whole pages of a server that %s a selection', async (_, status, text) => {
    const whole = vllmPage({ engines: [{ waiting: 1, running: 2, kvUsage: 0.5 }] });
    const server = await serve((request, response) => {
      const selected = request.url !== '/metrics';
      response.statusCode = selected ? status : 200;
      response.end(selected ? text : whole);
    });
    const fixture = poll();
    const state = fixture.add(server.port);
    await until(() => server.asked.length > 6);
    expect(server.asked.filter((target) => target !== '/metrics')).toHaveLength(1);
    expect(state).toMatchObject({ waiting: 1, running: 2, kvUsage: 0.5 });
    expect(fixture.pollErrors).toBe(0);
    expect(fixture.told).toEqual([]);
  });

  it('asks servers at IPv6 addresses', async () => {
    const hosts: (string | undefined)[] = [];
    const server = await serve(
      ({ headers }, response) => {
        hosts.push(headers.host);
        response.end(VLLM);
      },
      { host: '::1' },
    );
    const state = poll().add(server.port, { host: '::1' });
    await until(() => state.waiting === 3);
    expect(hosts[0]).toBe(`[::1]:${server.port}`);
  });

  it('asks over TLS, and verifies certificates where it shall', async () => {
    const files = await TlsFiles.create(['127.0.0.1']);
    opened.push({ stop: () => files.remove() });
    const { cert, key } = files.pair;
    const { port } = await serve(VLLM, { tls: { cert, key } });
    const tls = { caCert: undefined, clientCert: undefined, clientKey: undefined };
    const trusting = poll({ tls: { ...tls, insecureSkipVerify: true } });
    const knowing = poll({ tls: { ...tls, insecureSkipVerify: false, caCert: cert } });
    const strict = poll({ tls: { ...tls, insecureSkipVerify: false } });
    const [trusted, known, refused] = [trusting, knowing, strict].map((one) => one.add(port));
    await until(() => trusted!.waiting === 3 && known!.waiting === 3 && strict.pollErrors > 0);
    expect(refused!.readAt).toBe(-Infinity);
    expect(strict.told).toEqual([expect.stringContaining('warn')]);
  });

  it('shows its certificate to servers that ask for one', async () => {
    const [servers, ours] = [
      await TlsFiles.create(['127.0.0.1']),
      await TlsFiles.create(['picker']),
    ];
    opened.push({ stop: () => servers.remove() }, { stop: () => ours.remove() });
    const { cert, key } = servers.pair;
    const shows = (request: IncomingMessage): boolean =>
      (request.socket as TLSSocket).getPeerX509Certificate() !== undefined;
    const { port } = await serve(
      (request, response) => {
        response.statusCode = shows(request) ? 200 : 401;
        response.end(VLLM);
      },
      { tls: { cert, key, requestCert: true, rejectUnauthorized: false } },
    );
    const shown = { clientCert: ours.pair.cert, clientKey: ours.pair.key };
    const tls = { insecureSkipVerify: true, caCert: undefined };
    const state = poll({ tls: { ...tls, ...shown } }).add(port);
    const nameless = poll({ tls: { ...tls, clientCert: undefined, clientKey: undefined } });
    nameless.add(port);
    await until(() => state.waiting === 3 && nameless.pollErrors > 0);
  });

  it('closes the connection to a server that leaves, and asks it no more', async () => {
    const server = await serve(VLLM);
    const fixture = poll();
    fixture.add(server.port);
    await until(() => fixture.reads > 1);
    fixture.metrics.remove('a');
    await until(() => server.open === 0);
    const asked = server.asked.length;
    const state = fixture.add(server.port, { id: 'b' });
    await until(() => state.readAt > 0);
    expect(server.asked.length).toBe(asked + 1);
  });

  it('keeps nothing of thousands that came and left', async () => {
    const server = await serve(VLLM);
    const fixture = poll();
    for (let i = 0; i < 10_000; i++) {
      fixture.add(server.port, { id: `e${i % 700}` });
      if (i % 3 === 0) fixture.metrics.remove(`e${i % 700}`);
      if (i % 1000 === 0) await new Promise((later) => setTimeout(later, 5));
    }
    for (let i = 0; i < 700; i++) fixture.metrics.remove(`e${i}`);
    await until(() => server.open === 0);
    const state = fixture.add(server.port);
    await until(() => state.readAt > 0);
    expect(server.open).toBe(1);
  });

  it('asks nobody any more when it is closed', async () => {
    const server = await serve(VLLM);
    const fixture = poll();
    fixture.add(server.port);
    await until(() => fixture.reads > 0);
    await fixture.metrics.close();
    await until(() => server.open === 0);
  });
});
