import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { WatchHarness } from '../../test/support/fake-apiserver-watch-harness.js';
import { until } from '../../test/support/raw-client.js';
import { InferencePoolWatcher } from './inference-pool.watcher.js';

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe(`${InferencePoolWatcher.name} in an outage`, () => {
  let server: FakeApiServer;
  let harness: WatchHarness;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    server.createPool();
    server.createPod({ name: 'a', ip: '10.1.0.1' });
    server.createPod({ name: 'b', ip: '10.1.0.2' });
  });
  afterEach(async () => {
    harness.stop();
    await server.stop();
  });

  it('keeps what it knows while the server is dead, and catches up when it is back', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    await server.stop();
    await until(() => harness.watcher.lastError !== undefined);
    expect(harness.watcher.lastError).toMatch(/127\.0\.0\.1:\d+ does not answer \(ECONN/);
    server.deletePod('a');
    const before = harness.watcher.ageMs!;
    await sleep(50);
    expect(harness.watcher.ageMs).toBeGreaterThan(before);
    expect(harness.history).toEqual(['a b']);
    await server.start();
    await harness.shows('b');
    await until(() => harness.watcher.lastError === undefined);
    expect(harness.history).toEqual(['a b', 'b']);
    expect(harness.logger.messages).toEqual([
      'InferencePool synced',
      'Kubernetes API out of contact: the last known pods stay',
      'Kubernetes API in contact again',
    ]);
  });

  it('comes back with a changed selector and a changed set at once', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    await server.stop();
    server.updatePool({ labels: { app: 'next' } });
    server.createPod({ name: 'c', ip: '10.1.0.3', labels: { app: 'next' } });
    server.deletePod('a');
    await server.start();
    await harness.shows('c');
    expect(harness.history).not.toContain('');
  });

  it('is not synced when the server was dead from the start', async () => {
    await server.stop();
    harness = new WatchHarness(server);
    await until(() => harness.watcher.lastError !== undefined);
    expect(harness.watcher.snapshot).toBeUndefined();
    expect(harness.logger.messages).toEqual(['InferencePool is not synced']);
    await server.start();
    await harness.shows('a', 'b');
  });

  it('asks little while the server fails', async () => {
    harness = new WatchHarness(server, { timings: { backoffMinMs: 20, backoffMaxMs: 200 } });
    await harness.shows('a', 'b');
    let asked = 0;
    server.intercept((_, response) => {
      asked++;
      response.writeHead(500).end();
      return true;
    });
    server.cutWatches();
    await sleep(600);
    // Two mirrors, each at most one at once and one after 20 ms and more each time.
    expect(asked).toBeLessThan(60);
    expect(harness.watcher.lastError).toContain('answers 500');
    expect(harness.names).toEqual(['a', 'b']);
  });

  it('waits as long as an overloaded server asks for', async () => {
    harness = new WatchHarness(server, { timings: { backoffMaxMs: 100 } });
    await harness.shows('a', 'b');
    let asked = 0;
    server.intercept((request, response) => {
      if (request?.resource !== 'pods') return false;
      asked++;
      response.writeHead(429, { 'retry-after': '60' }).end();
      return true;
    });
    server.cutWatches();
    await sleep(280);
    expect(asked).toBe(1);
  });

  it('goes on after a cut watch without a list, losing nothing', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    for (let i = 0; i < 5; i++) {
      await until(() => server.openWatches === 2);
      await sleep(30);
      server.cutWatches();
      server.createPod({ name: `c${i}`, ip: `10.1.1.${i}` });
      await until(() => harness.names!.includes(`c${i}`));
    }
    expect(server.count('list', '/pods')).toBe(1);
    expect(harness.logger.messages).toEqual(['InferencePool synced']);
  });

  it('goes on at once after a watch that ended, but not in a storm', async () => {
    harness = new WatchHarness(server, { timings: { healthyMs: 5_000, backoffMaxMs: 100 } });
    server.longestWatchMs = 1;
    await harness.shows('a', 'b');
    await sleep(400);
    expect(server.count('watch', '/pods')).toBeLessThan(60);
    expect(server.count('list', '/pods')).toBeLessThan(20);
    server.createPod({ name: 'c', ip: '10.1.0.3' });
    await harness.shows('a', 'b', 'c');
  });

  it.each(['event', 'status'] as const)(
    'lists again after 410 as %s, without ghosts',
    async (as) => {
      harness = new WatchHarness(server);
      await harness.shows('a', 'b');
      server.goneAs = as;
      await server.stop();
      server.deletePod('a');
      server.compact();
      await server.start();
      await harness.shows('b');
      expect(harness.history).toEqual(['a b', 'b']);
      await until(() => server.openWatches === 2);
    },
  );

  it('comes back slowly when every watch is told 410', async () => {
    server.intercept((request) => {
      if (request?.verb === 'watch') server.compact();
      return false;
    });
    harness = new WatchHarness(server, { timings: { backoffMaxMs: 200 } });
    await harness.shows('a', 'b');
    await sleep(500);
    expect(server.count('list')).toBeLessThan(60);
    server.deletePod('a');
    await harness.shows('b');
  });

  it('uses a new token at once when the old one is refused', async () => {
    harness = new WatchHarness(server, { timings: { backoffMinMs: 10_000, backoffMaxMs: 10_000 } });
    await harness.shows('a', 'b');
    server.tokens.clear();
    server.tokens.add('second');
    harness.token = 'second';
    await sleep(30);
    server.cutWatches();
    server.createPod({ name: 'c', ip: '10.1.0.3' });
    await harness.shows('a', 'b', 'c');
    expect(harness.logger.messages).toEqual(['InferencePool synced']);
  });

  it('keeps what it knows while its token is refused', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    server.tokens.clear();
    server.tokens.add('second');
    server.cutWatches();
    await until(() => harness.watcher.lastError?.includes('401') ?? false);
    expect(harness.names).toEqual(['a', 'b']);
    expect(harness.logger.messages.at(-1)).toBe(
      'Kubernetes API denies access: the last known pods stay',
    );
    harness.token = 'second';
    await until(() => harness.watcher.lastError === undefined);
  });

  it.each(['list', 'watch'])('is not synced when to %s pods is forbidden', async (denied) => {
    const allow = server.deny(({ resource, verb }) => resource === 'pods' && verb === denied);
    harness = new WatchHarness(server);
    await until(() => harness.watcher.lastError !== undefined);
    await sleep(50);
    expect(harness.watcher.snapshot).toBeUndefined();
    expect(harness.watcher.lastError).toBe(
      `forbidden (403): sidecar may not ${denied} pods in namespace demo: grant ${denied} on resource pods of API group "" in a Role of that namespace; check it with: kubectl auth can-i ${denied} pods -n demo --as sidecar`,
    );
    allow();
    await harness.shows('a', 'b');
  });

  it('is not synced when the pool is forbidden everywhere', async () => {
    server.deny('inferencepools');
    harness = new WatchHarness(server);
    await until(() => harness.watcher.lastError !== undefined);
    expect(harness.watcher.lastError).toBe(
      'InferencePool demo/pool cannot be read: forbidden (403): sidecar may not list inferencepools.inference.networking.k8s.io/pool in namespace demo: grant list on resource inferencepools of API group "inference.networking.k8s.io" in a Role of that namespace; check it with: kubectl auth can-i list inferencepools.inference.networking.k8s.io/pool -n demo --as sidecar',
    );
  });

  it('keeps what it knows when permissions are taken away', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    const allow = server.deny('/demo/');
    server.cutWatches();
    await until(() => harness.watcher.lastError?.includes('403') ?? false);
    await sleep(50);
    expect(harness.history).toEqual(['a b']);
    allow();
    server.deletePod('a');
    await harness.shows('b');
  });

  it('keeps the pool when its API is not served for a while', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    const groups = [...server.groups];
    server.groups.clear();
    server.cutWatches();
    await until(() => harness.watcher.lastError?.includes('404') ?? false);
    await sleep(50);
    for (const group of groups) server.groups.add(group);
    await until(() => harness.watcher.lastError === undefined);
    expect(harness.history).toEqual(['a b']);
  });

  it('gives a server up that hangs, at the start', async () => {
    server.hang();
    harness = new WatchHarness(server, { timings: { answerTimeoutMs: 50 } });
    await until(() => harness.watcher.lastError !== undefined);
    expect(harness.watcher.lastError).toContain('does not answer (no answer within 50 ms)');
    server.resume();
    await harness.shows('a', 'b');
  });

  it('gives a list up that stops in the middle', async () => {
    let stuck = 0;
    server.intercept((request, response) => {
      if (request?.resource !== 'pods' || stuck++ > 0) return false;
      response.writeHead(200).write('{"items":[');
      return true;
    });
    harness = new WatchHarness(server, { timings: { answerTimeoutMs: 200 } });
    await harness.shows('a', 'b');
  });

  it('notices a server that hangs while it watches, and keeps what it knows', async () => {
    harness = new WatchHarness(server, { timings: { answerTimeoutMs: 100, idleMs: 100 } });
    await harness.shows('a', 'b');
    server.hang();
    await until(() => harness.watcher.lastError !== undefined);
    server.deletePod('a');
    expect(harness.names).toEqual(['a', 'b']);
    server.resume();
    await harness.shows('b');
  });

  it('lists again when a watch falls silent', async () => {
    harness = new WatchHarness(server, { timings: { idleMs: 150 } });
    await harness.shows('a', 'b');
    server.silence();
    server.deletePod('a');
    await harness.shows('b');
    expect(harness.watcher.lastError).toBeUndefined();
  });

  it('finds out by its next list what a blind watch does not tell', async () => {
    harness = new WatchHarness(server, { timings: { relistMs: 200 } });
    await harness.shows('a', 'b');
    // A restored backup: the watches wait for revisions that are far away.
    await until(() => server.openWatches === 2);
    server.restoreRevision(10);
    server.deletePod('a');
    await harness.shows('b');
    server.createPod({ name: 'c', ip: '10.1.0.3' });
    await harness.shows('b', 'c');
  });

  it('goes on with a watch that works when a list does not', async () => {
    harness = new WatchHarness(server, { timings: { relistMs: 50 } });
    await harness.shows('a', 'b');
    server.intercept((request, response) => {
      if (request?.verb !== 'list') return false;
      response.writeHead(503).end();
      return true;
    });
    await sleep(150);
    server.deletePod('a');
    await harness.shows('b');
    expect(harness.watcher.lastError).toBeUndefined();
  });

  it('never shows less than there is, in hundreds of lists', async () => {
    harness = new WatchHarness(server, { timings: { relistMs: 1, pageSize: 2 } });
    await harness.shows('a', 'b');
    for (let i = 0; server.count('list', '/pods') < 300; i++) {
      server.createPod({ name: `z${i}`, ip: '10.3.0.1' });
      await sleep(2);
      server.deletePod(`z${i}`);
    }
    expect(harness.history.every((names) => names.startsWith('a b'))).toBe(true);
    expect(harness.logger.messages).toEqual(['InferencePool synced']);
  });

  it.each([
    ['a page of a proxy', 200, '<html>welcome</html>'],
    ['an object that is no list', 200, '{"kind":"Status"}'],
    ['nothing', 200, ''],
    ['a redirect', 302, ''],
  ])('is not misled by %s', async (_, status, body) => {
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    const end = server.intercept((_request, response) => {
      response.writeHead(status, { location: '/api/v1/namespaces/demo/pods' }).end(body);
      return true;
    });
    server.compact();
    server.cutWatches();
    await until(() => harness.watcher.lastError !== undefined);
    await sleep(30);
    expect(harness.history).toEqual(['a b']);
    end();
    server.deletePod('a');
    await harness.shows('b');
  });

  it('reads events wherever the network cuts them', async () => {
    const pod = (name: string) => ({
      metadata: { name, namespace: 'demo', resourceVersion: '9', labels: { app: 'vllm', x: 'ü' } },
      status: { podIP: '10.1.0.9' },
    });
    harness = new WatchHarness(server);
    await harness.shows('a', 'b');
    const lines = ['c', 'd'].map((name) => JSON.stringify({ type: 'ADDED', object: pod(name) }));
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    server.intercept((request, response) => {
      if (request?.verb !== 'watch' || request.resource !== 'pods') return false;
      response.socket!.setNoDelay(true);
      response.writeHead(200);
      void (async () => {
        for (let i = 0; i < bytes.length; i += 37) {
          response.write(bytes.subarray(i, i + 37));
          await sleep(1);
        }
      })();
      return true;
    });
    server.cutWatches();
    await harness.shows('a', 'b', 'c', 'd');
  });
});
