import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ALPHA, LLM_D, V1 } from '../../test/support/fake-apiserver-objects.js';
import { FakeApiServer } from '../../test/support/fake-apiserver.js';
import { WatchHarness } from '../../test/support/fake-apiserver-watch-harness.js';
import { until } from '../../test/support/raw-client.js';
import { InferencePoolWatcher } from './inference-pool.watcher.js';

describe(InferencePoolWatcher.name, () => {
  let server: FakeApiServer;
  let harness: WatchHarness;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    server.createPool();
    server.createPod({ name: 'a', ip: '10.1.0.1' });
  });
  afterEach(async () => {
    harness.stop();
    await server.stop();
  });

  /** Answers lists of the pods of a selector only when told. */
  function holdPods(labels: string): { asked: () => boolean; release: () => void } {
    const held: (() => void)[] = [];
    const release = server.intercept((request, response, raw) => {
      if (request?.verb !== 'list' || request.query.get('labelSelector') !== labels) return false;
      held.push(() => server.handle(raw, response));
      return true;
    });
    return {
      asked: () => held.length > 0,
      release: () => {
        release();
        for (const answer of held) answer();
      },
    };
  }

  describe('what it keeps', () => {
    it('tells pods, addresses, ports, roles and readiness', async () => {
      server.updatePool({ ports: [8000, 8001] });
      server.createPod({ name: 'b', ips: ['::FFFF:10.1.0.2', 'FD00:0::2'], ready: false });
      const labels = { app: 'vllm', 'llm-d.ai/role': 'prefill' };
      server.createPod({ name: 'c', ip: '10.1.0.3', hostNetwork: true, labels });
      harness = new WatchHarness(server);
      await harness.shows('a', 'b', 'c');
      const { pods, targetPorts } = harness.watcher.snapshot!;
      expect(targetPorts).toEqual([8000, 8001]);
      expect(pods).toMatchObject([
        { ips: ['10.1.0.1'], ready: true, hostNetwork: false, role: undefined },
        { ips: ['10.1.0.2', 'fd00::2'], ready: false },
        { ips: ['10.1.0.3'], hostNetwork: true, role: 'prefill' },
      ]);
      expect(harness.watcher.lastError).toBeUndefined();
      expect(harness.watcher.ageMs).toBeGreaterThanOrEqual(0);
      expect(harness.snapshots).toHaveLength(1);
    });

    it('leaves out pods that ended, are being deleted, have no address or belong to others', async () => {
      server.createPod({ name: 'failed', ip: '10.1.0.2', phase: 'Failed' });
      server.createPod({ name: 'succeeded', ip: '10.1.0.3', phase: 'Succeeded' });
      server.createPod({
        name: 'leaving',
        ip: '10.1.0.4',
        deletionTimestamp: '2026-01-01T00:00:00Z',
      });
      server.createPod({ name: 'new' });
      server.createPod({ name: 'other', ip: '10.1.0.5', labels: { app: 'other' } });
      server.createPod({ name: 'far', ip: '10.1.0.6', namespace: 'elsewhere' });
      server.createPod({ name: 'pending', ip: '10.1.0.7', phase: 'Pending' });
      harness = new WatchHarness(server);
      await harness.shows('a', 'pending');
    });

    it('follows pods as they come, change and go', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.createPod({ name: 'b', ip: '10.1.0.2' });
      await harness.shows('a', 'b');
      server.updatePod('b', { ip: '10.1.0.9' });
      await until(() => harness.watcher.snapshot!.pods[1]!.ips[0] === '10.1.0.9');
      server.updatePod('a', { labels: { app: 'other' } });
      await harness.shows('b');
      server.updatePod('a', { labels: { app: 'vllm' } });
      await harness.shows('a', 'b');
      server.updatePod('b', { deletionTimestamp: '2026-01-01T00:00:00Z' });
      await harness.shows('a');
      server.deletePod('b');
      server.deletePod('a');
      await harness.shows();
    });

    it('takes a pod of the same name for another one', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      const { uid } = harness.watcher.snapshot!.pods[0]!;
      server.deletePod('a');
      server.createPod({ name: 'a', ip: '10.1.0.1' });
      await until(() => (harness.watcher.snapshot?.pods[0]?.uid ?? uid) !== uid);
    });

    it('says nothing about changes that do not matter', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.updatePod('a', {});
      server.createPod({ name: 'b', ip: '10.1.0.2' });
      await harness.shows('a', 'b');
      expect(harness.history).toEqual(['a', 'a b']);
      expect(harness.logger.messages).toEqual(['InferencePool synced']);
    });

    it('tells what an event changed though an error follows it at once', async () => {
      let watches = 0;
      server.intercept((request, response) => {
        if (request?.verb !== 'watch' || request.resource !== 'pods' || watches++ > 0) return false;
        const gone = { metadata: { name: 'a', namespace: 'demo', resourceVersion: '2' } };
        const error = { code: 410, message: 'too old' };
        const events = [
          { type: 'DELETED', object: gone },
          { type: 'ERROR', object: error },
        ];
        response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
        return true;
      });
      harness = new WatchHarness(server);
      await until(() => harness.history.length === 3);
      expect(harness.history).toEqual(['a', '', 'a']);
    });

    it('reads long lists page by page, again when a page is too old', async () => {
      for (let i = 0; i < 7; i++) server.createPod({ name: `p${i}`, ip: `10.2.0.${i}` });
      let compactions = 0;
      server.intercept((request) => {
        if (request?.query.has('continue') && compactions++ === 0) server.compact();
        return false;
      });
      harness = new WatchHarness(server, { timings: { pageSize: 3 } });
      await harness.shows('a', 'p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6');
      expect(harness.history).toHaveLength(1);
    });
  });

  describe('the pool', () => {
    it.each([
      ['v1alpha2 when v1 is not installed', ALPHA, () => server.groups.delete(V1)],
      ['v1alpha2 when v1 may not be read', ALPHA, () => server.deny(V1)],
      ['v1alpha2 when v1 does not have it', ALPHA, () => undefined],
      [
        'llm-d.ai when the others are not installed',
        LLM_D,
        () => [V1, ALPHA].map((group) => server.groups.delete(group)),
      ],
    ])('is found in %s', async (_, group, prepare) => {
      server.deletePool();
      server.createPool({ group, ports: [8200] });
      prepare();
      harness = new WatchHarness(server);
      await harness.shows('a');
      expect(harness.watcher.snapshot!.targetPorts).toEqual([8200]);
    });

    it('is looked for in a named group alone', async () => {
      harness = new WatchHarness(server, { pool: { group: ALPHA } });
      await until(() => harness.watcher.lastError !== undefined);
      expect(harness.watcher.lastError).toBe(
        `InferencePool demo/pool was not found in ${ALPHA}/v1alpha2`,
      );
      expect(harness.watcher.snapshot).toBeUndefined();
      expect(server.seen.every(({ group }) => group === ALPHA)).toBe(true);
    });

    it('may belong to any group whose version is named', async () => {
      server.groups.add('pools.example.com');
      server.createPool({ group: 'pools.example.com', version: 'v7' });
      harness = new WatchHarness(server, { pool: { group: 'pools.example.com', version: 'v7' } });
      await harness.shows('a');
      expect(() => new WatchHarness(server, { pool: { group: 'pools.example.com' } })).toThrow(
        'pool group pools.example.com needs a version too',
      );
    });

    it('is not synced until there is one', async () => {
      server.deletePool();
      server.deny(LLM_D);
      server.groups.delete(ALPHA);
      harness = new WatchHarness(server);
      await until(() => harness.watcher.lastError !== undefined);
      expect(harness.watcher.lastError).toBe(
        `InferencePool demo/pool was not found in ${V1}/v1; cannot be in ${ALPHA}/v1alpha2: not served (404); may not be read in ${LLM_D}/v1alpha1`,
      );
      expect(harness.watcher.ageMs).toBeUndefined();
      expect(server.count('list', '/pods')).toBe(0);
      server.createPool();
      await harness.shows('a');
      expect(harness.watcher.lastError).toBeUndefined();
    });

    it('empties the set when it is deleted, and fills it when it is back', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.deletePool();
      await harness.shows();
      expect(harness.watcher.snapshot!.targetPorts).toEqual([]);
      server.createPool({ name: 'another' });
      server.createPool();
      await harness.shows('a');
      expect(harness.history).toEqual(['a', '', 'a']);
    });

    it('is found again in another group than before', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.createPool({ group: ALPHA, ports: [8200] });
      server.deletePool();
      await until(() => harness.watcher.snapshot!.targetPorts[0] === 8200);
      expect(harness.names).toEqual(['a']);
      await until(() => server.openWatches === 2);
    });

    it('is watched alone, by its name', async () => {
      server.deny((one) => one.resource === 'inferencepools' && one.name !== 'pool');
      server.createPool({ name: 'another', labels: { app: 'other' } });
      harness = new WatchHarness(server);
      await harness.shows('a');
      expect(server.count('get')).toBe(0);
    });

    it('changes its ports without asking for the pods again', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.updatePool({ ports: [9000] });
      await until(() => harness.watcher.snapshot!.targetPorts[0] === 9000);
      expect(harness.names).toEqual(['a']);
      expect(server.count('list', '/pods')).toBe(1);
    });
  });

  describe('the selector', () => {
    it('takes over once its pods are listed: no gap, no mixture', async () => {
      server.createPod({ name: 'b', ip: '10.1.0.2', labels: { app: 'next' } });
      harness = new WatchHarness(server);
      await harness.shows('a');
      const next = holdPods('app=next');
      server.updatePool({ labels: { app: 'next' }, ports: [9000] });
      await until(next.asked);
      server.createPod({ name: 'late', ip: '10.1.0.3' });
      await harness.shows('a', 'late');
      expect(harness.watcher.snapshot!.targetPorts).toEqual([8000]);
      next.release();
      await harness.shows('b');
      expect(harness.watcher.snapshot!.targetPorts).toEqual([9000]);
      expect(harness.history).toEqual(['a', 'a late', 'b']);
      await until(() => server.openWatches === 2);
    });

    it('may change again before its pods are listed', async () => {
      server.createPod({ name: 'b', ip: '10.1.0.2', labels: { app: 'next' } });
      server.createPod({ name: 'c', ip: '10.1.0.3', labels: { app: 'last' } });
      harness = new WatchHarness(server);
      await harness.shows('a');
      const next = holdPods('app=next');
      server.updatePool({ labels: { app: 'next' } });
      await until(next.asked);
      server.updatePool({ labels: { app: 'last' } });
      await harness.shows('c');
      server.updatePool({ labels: { app: 'next' } });
      await until(() => server.count('list', '/pods') === 4);
      server.updatePool({ labels: { app: 'last' }, ports: [9000] });
      await until(() => harness.watcher.snapshot!.targetPorts[0] === 9000);
      next.release();
      server.createPod({ name: 'd', ip: '10.1.0.4', labels: { app: 'last' } });
      await harness.shows('c', 'd');
      expect(harness.history).not.toContain('b');
    });

    it.each([
      ['empty', { selector: { matchLabels: {} } }, 'empty'],
      ['missing', {}, 'no selector'],
      [
        'expressions',
        { selector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
        'matchExpressions',
      ],
      ['no labels', { selector: { matchLabels: { app: 'a,b=c' } } }, 'no value of a label'],
    ])('that is %s selects nothing, at once', async (_, spec, reason) => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.updatePool({ spec: { ...spec, targetPorts: [{ number: 8000 }] } });
      await harness.shows();
      expect(harness.logger.messages.at(-1)).toContain(reason);
      await until(() => server.openWatches === 1);
      server.updatePool({});
      await harness.shows('a');
      const lists = server.seen.filter(({ resource }) => resource === 'pods');
      expect(lists.every(({ query }) => query.get('labelSelector') === 'app=vllm')).toBe(true);
    });

    it('that selects nothing from the start is synced, with nothing', async () => {
      server.updatePool({ spec: { selector: {} } });
      harness = new WatchHarness(server);
      await harness.shows();
      expect(harness.watcher.ageMs).toBeDefined();
      expect(server.count('list', '/pods')).toBe(0);
    });

    it('is compared here too, whatever a server answers', async () => {
      server.createPod({ name: 'b', ip: '10.1.0.2', labels: { app: 'other' } });
      server.intercept((request) => {
        request?.query.delete('labelSelector');
        return false;
      });
      harness = new WatchHarness(server);
      await harness.shows('a');
      server.createPod({ name: 'c', ip: '10.1.0.3', labels: { app: 'other' } });
      server.createPod({ name: 'd', ip: '10.1.0.4' });
      await harness.shows('a', 'd');
    });
  });

  describe('its end', () => {
    it('closes every connection at once, watching or not', async () => {
      harness = new WatchHarness(server);
      await harness.shows('a');
      harness.stop();
      harness.stop();
      server.deletePod('a');
      await until(() => server.connections === 0);
      expect(harness.history).toEqual(['a']);
      expect(harness.logger.messages).toEqual(['InferencePool synced']);
      harness.watcher.start();
      expect(server.connections).toBe(0);
    });

    it('comes while the server does not answer', async () => {
      server.hang();
      harness = new WatchHarness(server);
      await until(() => server.connections === 1);
      harness.stop();
      await until(() => server.connections === 0);
      expect(harness.watcher.snapshot).toBeUndefined();
    });

    it('does not come with a listener that fails', async () => {
      harness = new WatchHarness(server);
      harness.watcher.subscribe(() => {
        throw new Error('listener');
      });
      const leave = harness.watcher.subscribe(() => {
        throw new Error('left');
      });
      leave();
      await harness.shows('a');
      server.createPod({ name: 'b', ip: '10.1.0.2' });
      await harness.shows('a', 'b');
      expect(harness.logger.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
    });

    it('one start is enough, a second one opens nothing', async () => {
      harness = new WatchHarness(server);
      harness.watcher.start();
      await harness.shows('a');
      await until(() => server.openWatches === 2);
      expect(server.count('list', '/pods')).toBe(1);
    });
  });
});
