import { afterEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../../src/apps/simulator/start-simulator.js';
import { ENGINES } from '../../../src/server-metrics/engines.js';
import type { PollSettings } from '../../../src/server-metrics/polling/poll-settings.js';
import type { StartPolls } from '../../../src/server-metrics/polling/polls.js';
import { MetricsServer } from '../../support/metrics-server.js';
import { until } from '../../support/raw-client.js';
import {
  ServerMetricsFixture,
  type ServerMetricsFixtureOptions,
} from '../../support/server-metrics-fixture.js';
import { vllmPage } from '../../support/vllm-page.js';

/** A thread is started from a compiled file. */
const { pollInThread } = (await import(
  new URL('../../../dist/server-metrics/polling/poll-in-thread.js', import.meta.url).href
)) as { pollInThread: StartPolls };

describe('metrics of model servers', () => {
  const opened: { stop(): Promise<unknown> }[] = [];

  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) await one.stop();
  });

  function poll(options: ServerMetricsFixtureOptions): ServerMetricsFixture {
    const fixture = new ServerMetricsFixture(options);
    opened.push({ stop: () => fixture.metrics.close() });
    return fixture;
  }

  it('are read from the simulator', async () => {
    const simulator = await startSimulator({ numGpuBlocks: 500, blockSize: 32 });
    opened.push({ stop: () => simulator.close() });
    const fixture = poll({});
    const state = fixture.add(simulator.port);
    await until(() => fixture.reads > 0);
    expect(state).toMatchObject({ waiting: 0, running: 0, blockSize: 32, blocks: 500 });
    expect(fixture.told).toEqual([]);
  });

  it('are read by a thread of their own', async () => {
    const page = (running: string) =>
      vllmPage({
        engines: [{ waiting: 4, running: 5, kvUsage: 0.5 }],
        lora: [[running, '', 1700000000]],
      });
    const server = await MetricsServer.start(page('a,b'));
    opened.push(server);
    const fixture = poll({
      start: pollInThread,
      engines: [
        {
          name: 'vllm',
          customMetrics: [
            {
              attributeKey: 'Memory',
              metricSpec: { name: 'process_resident_memory_bytes', labels: [] },
            },
          ],
        },
      ],
    });
    const before = performance.now();
    const state = fixture.add(server.port);
    await until(() => state.lora.running.size === 2);
    expect(state).toMatchObject({ waiting: 4, running: 5, kvUsage: 0.5, blockSize: 16 });
    expect(state.custom.get('Memory')).toBe(5.48352e9);
    expect(state.readAt).toBeGreaterThan(before);
    expect(state.readAt).toBeLessThanOrEqual(performance.now());
    server.tell(page(''));
    await until(() => state.lora.running.size === 0);
    server.answer = (_request, response) => {
      response.statusCode = 503;
      response.end();
    };
    await until(() => fixture.pollErrors >= 2);
    expect(fixture.told).toEqual(['warn metrics of a model server cannot be read a status 503']);
    fixture.metrics.remove('a');
    await until(() => server.open === 0);
    const later = fixture.add(server.port, { id: 'b' });
    server.tell(page('c'));
    await until(() => later.lora.running.has('c'));
    await fixture.metrics.close();
    await until(() => server.open === 0);
  });

  it('begin anew where their thread breaks off', async () => {
    const server = await MetricsServer.start('vllm:num_requests_waiting 4\n');
    opened.push(server);
    // Cannot be read in the thread until it is mended.
    const settings = {
      ...{ path: '/metrics', tls: undefined, selectNames: true, interval: 50 },
      ...{ longestInterval: 500, engines: [] as (typeof ENGINES)[number][] },
    } satisfies PollSettings;
    let waiting = 0;
    const reasons: unknown[] = [];
    const polls = pollInThread(
      settings,
      ({ readings }) => (waiting = readings[2] ?? waiting),
      (reason) => reasons.push(reason),
    );
    opened.push({ stop: () => polls.close() });
    polls.send({ kind: 'add', target: { id: 1, host: '127.0.0.1', port: server.port, engine: 0 } });
    await until(() => reasons.length === 1);
    settings.engines.push(ENGINES[0]!);
    await until(() => waiting === 4);
    expect(reasons).toHaveLength(1);
  });
});
