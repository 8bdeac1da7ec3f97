import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ALPHA, V1 } from '../../test/support/fake-apiserver-objects.js';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { WatchHarness } from '../../test/support/fake-apiserver-watch-harness.js';
import { until } from '../../test/support/raw-client.js';
import { InferencePoolWatcher } from './inference-pool.watcher.js';

const NEXT = { app: 'next' };

describe(`the age that ${InferencePoolWatcher.name} tells`, () => {
  let server: FakeApiServer;
  let harness: WatchHarness;

  beforeEach(async () => {
    server = await FakeApiServer.start({ bookmarkMs: 10 });
    server.createPool();
    server.createPod({ name: 'a', ip: '10.1.0.1' });
    server.createPod({ name: 'b', ip: '10.1.0.2', labels: NEXT });
    harness = new WatchHarness(server);
    await harness.shows('a');
    await until(() => server.openWatches === 2);
  });
  afterEach(async () => {
    harness.stop();
    await server.stop();
  });

  /** Waits; no bookmark may make it younger meanwhile. */
  async function grows(milliseconds: number): Promise<void> {
    const began = performance.now();
    while (performance.now() - began < milliseconds) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // First: this process may be halted between two readings of the clock.
    const waited = performance.now() - began;
    expect(harness.watcher.ageMs).toBeGreaterThanOrEqual(waited);
  }

  /** Refuses lists of pods of the new selectors. */
  function refusePods(): { asked: (selector: string) => Promise<void>; end: () => void } {
    const asked: string[] = [];
    const end = server.intercept((request, response) => {
      const selector = request?.query.get('labelSelector') ?? '';
      if (!selector.startsWith('app=next')) return false;
      asked.push(selector);
      response.writeHead(429).end();
      return true;
    });
    const asks = (selector: string) => {
      const before = asked.length;
      return until(() => asked.includes(selector, before));
    };
    return { asked: asks, end };
  }

  it('counts from when a new selector was learnt while its pods cannot be listed', async () => {
    const next = refusePods();
    server.updatePool({ labels: NEXT });
    await next.asked('app=next');
    await grows(200);
    expect(harness.names).toEqual(['a']);
    // Yet another selector does not make the pods of the first one any younger.
    server.updatePool({ labels: { ...NEXT, tier: 'x' } });
    await next.asked('app=next,tier=x');
    server.updatePool({ labels: NEXT });
    await next.asked('app=next');
    expect(harness.watcher.ageMs).toBeGreaterThan(200);
    next.end();
    await harness.shows('b');
    await until(() => harness.watcher.ageMs! < 100);
  });

  it('is that of the old pods again when the old selector is back', async () => {
    const next = refusePods();
    server.updatePool({ labels: NEXT });
    await next.asked('app=next');
    await grows(200);
    server.updatePool({ ports: [9000] });
    await until(() => harness.watcher.snapshot!.targetPorts[0] === 9000);
    await until(() => harness.watcher.ageMs! < 100);
  });

  it('grows while the pool is not served, and while it cannot be watched elsewhere', async () => {
    server.createPool({ group: ALPHA, labels: NEXT });
    const allow = server.deny(({ group, verb }) => group === ALPHA && verb === 'watch');
    server.groups.delete(V1);
    server.cutWatches();
    await until(() => server.count('list', V1) > 2);
    const began = performance.now();
    await until(() => server.count('watch', ALPHA) > 0);
    await grows(200);
    expect(harness.watcher.ageMs).toBeGreaterThan(performance.now() - began);
    expect(harness.names).toEqual(['a']);
    allow();
    await harness.shows('b');
    await until(() => harness.watcher.ageMs! < 100);
  });

  it('stays low where all APIs say that there is no pool', async () => {
    server.groups.delete(V1);
    server.cutWatches();
    await harness.shows();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await until(() => harness.watcher.ageMs! < 100);
  });
});
