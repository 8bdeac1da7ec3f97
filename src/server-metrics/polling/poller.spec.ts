import { afterEach, describe, expect, it } from '@jest/globals';
import { HostileUpstream, type Script } from '../../../test/support/hostile-upstream.js';
import { MetricsServer } from '../../../test/support/metrics-server.js';
import { until } from '../../../test/support/raw-client.js';
import { ServerMetricsFixture } from '../../../test/support/server-metrics-fixture.js';
import { Poller } from './poller.js';

const PAGE =
  'vllm:num_requests_waiting 3\nvllm:num_requests_running 2\nvllm:kv_cache_usage_perc 0.25\n';
const OK = 'HTTP/1.1 200 OK\r\n';
const WHOLE = `${OK}Content-Length: ${PAGE.length}\r\n\r\n${PAGE}`;
const LARGE = Buffer.alloc(10 * 1024 * 1024, 'vllm:more{a="b"} 1\n');

describe(Poller.name, () => {
  const opened: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.stop();
  });

  function poll(): ServerMetricsFixture {
    const fixture = new ServerMetricsFixture();
    opened.push({ stop: () => fixture.metrics.close() });
    return fixture;
  }

  async function hostile(...scripts: Script[]): Promise<HostileUpstream> {
    const upstream = await HostileUpstream.start(...scripts);
    opened.push({ stop: () => upstream.stop() });
    return upstream;
  }

  it.each<[string, Script, string]>([
    ['that says nothing', { says: [], then: 'hang' }, 'no whole answer within 1000 ms'],
    [
      'that stops within a page',
      { says: [WHOLE.slice(0, -20)], then: 'hang' },
      'no whole answer within 1000 ms',
    ],
    ['that hangs up within a page', { says: [WHOLE.slice(0, -20)], then: 'fin' }, 'truncated'],
    [
      'that hangs up within a chunk',
      {
        says: [`${OK}Transfer-Encoding: chunked\r\n\r\n1f\r\nvllm:num_requests_waiting 3`],
        then: 'fin',
      },
      'truncated',
    ],
    ['that resets the connection', { says: [], then: 'rst' }, 'reset'],
    ['that hangs up', { says: [], then: 'fin' }, 'reset'],
    [
      'that fails',
      { says: ['HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops'], then: 'keep' },
      'status 500',
    ],
    [
      'that sends elsewhere',
      { says: ['HTTP/1.1 307 No\r\nLocation: /\r\nContent-Length: 0\r\n\r\n'], then: 'keep' },
      'status 307',
    ],
    ['that is no HTTP server', { says: ['SSH-2.0-OpenSSH_9.6\r\n\r\n'], then: 'hang' }, 'protocol'],
    ['whose page is endless', { says: [`${OK}\r\n`, LARGE], then: 'hang' }, 'larger than 4 MiB'],
    [
      'that says it has a huge page',
      { says: [`${OK}Content-Length: ${LARGE.length}\r\n\r\n`, LARGE], then: 'keep' },
      'larger than 4 MiB',
    ],
    [
      'that compresses',
      { says: [`${OK}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd`], then: 'keep' },
      'compressed',
    ],
  ])('gives up a server %s, and says so once', async (_, script, reason) => {
    const upstream = await hostile(script);
    const fixture = poll();
    const state = fixture.add(upstream.port);
    await until(() => fixture.pollErrors >= 2);
    expect(state.readAt).toBe(-Infinity);
    expect(state.waiting).toBe(0);
    expect(fixture.told).toHaveLength(1);
    expect(fixture.told[0]).toContain(`metrics of a model server cannot be read a`);
    expect(fixture.told[0]).toContain(reason);
  });

  it('gives up a server that drips its page, within its time', async () => {
    const server = await MetricsServer.start((_request, response) => {
      const timer = setInterval(() => response.write('vllm:num_requests_waiting 3\n'), 20);
      response.once('close', () => clearInterval(timer));
    });
    opened.push(server);
    const fixture = poll();
    const state = fixture.add(server.port);
    await until(() => fixture.pollErrors >= 1);
    expect(state.readAt).toBe(-Infinity);
    await until(() => server.opened >= 2);
  });

  it.each([
    ['a page of something else', '<html>wrong port</html>', 0],
    ['a page that lacks a part', 'vllm:num_requests_waiting 5\nvllm:num_requests_running 1\n', 5],
    ['a page with a broken number', PAGE.replace('0.25', '0,25'), 3],
  ])('tells of %s what it lacks', async (_, text, waiting) => {
    const server = await MetricsServer.start(text);
    opened.push(server);
    const fixture = poll();
    const state = fixture.add(server.port);
    await until(() => fixture.metrics.extractErrors >= 2);
    expect(state.waiting).toBe(waiting);
    expect(fixture.pollErrors).toBe(0);
    expect(fixture.told).toHaveLength(1);
    expect(fixture.told[0]).toMatch(
      /its page of metrics lacks .*vllm:kv_cache_usage_perc \(vllm\)$/,
    );
  });

  it('tells when a server is well again', async () => {
    const server = await MetricsServer.start((_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    opened.push(server);
    const fixture = poll();
    const state = fixture.add(server.port);
    await until(() => fixture.pollErrors >= 3);
    server.tell(PAGE);
    await until(() => state.waiting === 3);
    expect(fixture.told).toEqual([
      'warn metrics of a model server cannot be read a status 503',
      'info metrics of a model server are read a',
    ]);
  });

  it('finds a server that was not there yet', async () => {
    const gone = await MetricsServer.start(PAGE);
    const { port } = gone;
    await gone.stop();
    const fixture = poll();
    const state = fixture.add(port);
    await until(() => fixture.pollErrors >= 2);
    expect(fixture.told[0]).toContain('connect (127.0.0.1');
    const server = await MetricsServer.start(PAGE, { port });
    opened.push(server);
    await until(() => state.waiting === 3);
  });

  it.each<[string, Script]>([
    ['in one piece', { says: [WHOLE], then: 'keep' }],
    ['in pieces', { says: WHOLE.match(/[^]{1,23}/g)!, then: 'keep' }],
    [
      'in chunks',
      {
        says: [
          `${OK}Transfer-Encoding: chunked\r\n\r\n`,
          `${PAGE.length.toString(16)}\r\n`,
          PAGE.slice(0, 40),
          PAGE.slice(40),
          '\r\n0\r\n\r\n',
        ],
        then: 'keep',
      },
    ],
    ['up to the end of the connection', { says: [`${OK}\r\n${PAGE}`], then: 'fin' }],
    ['as HTTP/1.0', { says: [`HTTP/1.0 200 OK\r\n\r\n${PAGE}`], then: 'fin' }],
    [
      'and closes the connection',
      {
        says: [`${OK}Connection: close\r\nContent-Length: ${PAGE.length}\r\n\r\n${PAGE}`],
        then: 'fin',
      },
    ],
  ])('reads a page that comes %s', async (_, script) => {
    const upstream = await hostile(script);
    const fixture = poll();
    const state = fixture.add(upstream.port);
    await until(() => fixture.reads >= 3);
    expect(state).toMatchObject({ waiting: 3, running: 2, kvUsage: 0.25 });
    expect(fixture.pollErrors).toBe(0);
  });

  it('asks a server again that closed the connection meanwhile', async () => {
    const server = await MetricsServer.start(PAGE);
    opened.push(server);
    server.keepAlive = 1;
    const fixture = poll();
    fixture.add(server.port);
    await until(() => fixture.reads >= 5);
    expect(fixture.pollErrors).toBe(0);
  });

  it('asks a hundred servers in turn, none of them twice before all had theirs', async () => {
    const fixture = poll();
    const servers = await Promise.all(Array.from({ length: 100 }, () => MetricsServer.start(PAGE)));
    opened.push(...servers);
    const states = servers.map(({ port }, i) => fixture.add(port, { id: `e${i}` }));
    await until(() => servers.every(({ asked }) => asked.length >= 4));
    const counts = servers.map(({ asked }) => asked.length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(servers.every(({ opened: connections }) => connections === 1)).toBe(true);
    expect(states.every(({ waiting }) => waiting === 3)).toBe(true);
  });
});
