import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ALPHA, LLM_D, V1 } from '../../test/support/fake-apiserver-objects.js';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { WatchHarness } from '../../test/support/fake-apiserver-watch-harness.js';
import { until } from '../../test/support/raw-client.js';
import { InferencePoolWatcher } from './inference-pool.watcher.js';

const NEXT = { app: 'next' };

describe(`${InferencePoolWatcher.name} when its API is not served any more`, () => {
  let server: FakeApiServer;
  let harness: WatchHarness;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    server.createPool();
    server.createPod({ name: 'a', ip: '10.1.0.1' });
    server.createPod({ name: 'b', ip: '10.1.0.2', labels: NEXT });
  });
  afterEach(async () => {
    harness.stop();
    await server.stop();
  });

  /** The watches of the real one end with the version. */
  function unserve(...groups: string[]): void {
    for (const group of groups) server.groups.delete(group);
    server.cutWatches();
  }

  /** @returns when so many more lists were asked for at paths with that part */
  async function lists(part: string, more: number): Promise<void> {
    const before = server.count('list', part);
    await until(() => server.count('list', part) >= before + more);
  }

  it('keeps the set until the pods of the pool in another API are listed', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    const held: (() => void)[] = [];
    const release = server.intercept((request, response, raw) => {
      if (request?.query.get('labelSelector') !== 'app=next') return false;
      held.push(() => server.handle(raw, response));
      return true;
    });
    server.createPool({ group: ALPHA, labels: NEXT, ports: [9000] });
    unserve(V1);
    await until(() => held.length > 0);
    server.createPod({ name: 'late', ip: '10.1.0.3' });
    await harness.shows('a', 'late');
    release();
    for (const answer of held) answer();
    await harness.shows('b');
    expect(harness.watcher.snapshot!.targetPorts).toEqual([9000]);
    expect(harness.history).toEqual(['a', 'a late', 'b']);
    server.updatePool({ group: ALPHA, labels: { app: 'vllm' } });
    await harness.shows('a', 'late');
    await until(() => harness.watcher.lastError === undefined);
    expect(harness.logger.messages.slice(0, 3)).toEqual([
      'InferencePool synced',
      'Kubernetes API does not serve it any more (404): the last known pods stay',
      'InferencePool is found in another API',
    ]);
  });

  it('empties the set when no API has the pool, and goes on looking', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    unserve(V1, LLM_D);
    await harness.shows();
    await lists(ALPHA, 3);
    expect(harness.watcher.lastError).toContain('not served (404)');
    server.createPool({ group: ALPHA, labels: NEXT });
    await harness.shows('b');
    expect(harness.history).toEqual(['a', '', 'b']);
    const gone = harness.logger.messages.filter((message) => message.includes('is gone'));
    expect(gone).toHaveLength(1);
  });

  it('fills the set again when the API is back', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    unserve(V1, ALPHA, LLM_D);
    await harness.shows();
    server.groups.add(V1);
    await harness.shows('a');
    await until(() => harness.watcher.lastError === undefined);
    server.createPool({ group: ALPHA, labels: NEXT });
    server.groups.add(ALPHA);
    server.createPod({ name: 'c', ip: '10.1.0.3' });
    await harness.shows('a', 'c');
  });

  it.each([
    ['may not be read', 403],
    ['fails', 500],
  ])('keeps the set while another API %s', async (_, status) => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    const end = server.intercept((request, response) => {
      if (request?.group !== ALPHA) return false;
      response.writeHead(status).end();
      return true;
    });
    unserve(V1);
    await lists(ALPHA, 3);
    expect(harness.history).toEqual(['a']);
    end();
    await harness.shows();
  });

  it('keeps the set, and asks no other API, when the pool may not be read', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    server.createPool({ group: ALPHA, labels: NEXT });
    server.deny(V1);
    server.cutWatches();
    await lists(V1, 5);
    expect(harness.history).toEqual(['a']);
    expect(server.count('list', ALPHA)).toBe(0);
  });

  it('does not take one 404 for the end', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    let refused = 0;
    server.intercept((request, response) => {
      if (request?.group !== V1 || refused === 2) return false;
      // A watch, and the list after it.
      refused++;
      response.writeHead(404).end('404 page not found\n');
      return true;
    });
    server.cutWatches();
    await until(() => harness.logger.messages.at(-1) === 'Kubernetes API in contact again');
    expect(refused).toBe(2);
    expect(harness.history).toEqual(['a']);
    expect(server.count('list', ALPHA)).toBe(0);
  });

  it('takes a server that serves no pods either for none', async () => {
    harness = new WatchHarness(server);
    await harness.shows('a');
    unserve('', V1, ALPHA, LLM_D);
    await lists(V1, 5);
    expect(harness.history).toEqual(['a']);
    server.groups.add('');
    await harness.shows();
  });

  it('empties the set when a named group is not served, and asks no other', async () => {
    harness = new WatchHarness(server, { pool: { group: V1 } });
    await harness.shows('a');
    server.createPool({ group: ALPHA, labels: NEXT });
    unserve(V1);
    await harness.shows();
    await lists(V1, 2);
    expect(server.count('list', ALPHA) + server.count('list', LLM_D)).toBe(0);
    server.groups.add(V1);
    await harness.shows('a');
    expect(harness.history).toEqual(['a', '', 'a']);
  });

  it('is found elsewhere when its first API ends before it was synced', async () => {
    const end = server.intercept((request) => {
      if (request?.verb !== 'watch' || request.group !== V1) return false;
      server.groups.delete(V1);
      return false;
    });
    server.createPool({ group: ALPHA, labels: NEXT });
    harness = new WatchHarness(server);
    await harness.shows('b');
    expect(harness.history).toEqual(['b']);
    end();
  });
});
