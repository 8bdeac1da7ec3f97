import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { json } from '../../support/fake-engine.js';
import { readMetrics } from '../../support/metric-reader.js';
import { SidecarWorkers } from '../../support/sidecar-workers.js';

const POOL = { INFERENCE_POOL_NAMESPACE: 'demo', INFERENCE_POOL_NAME: 'pool' };

describe('the InferencePool of two workers', () => {
  let api: FakeApiServer;
  let folder: string;
  let sidecar: SidecarWorkers;
  beforeEach(async () => {
    api = await FakeApiServer.start({ bookmarkMs: 200 });
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
  });
  afterEach(async () => {
    await sidecar.stop();
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (...flags: string[]): Promise<void> => {
    const env = { ...POOL, KUBECONFIG: await api.writeKubeconfig(folder) };
    sidecar = await SidecarWorkers.start(flags, env);
    await sidecar.ready();
  };
  /** One request to each worker. */
  const both = async (): Promise<number[]> => [await sidecar.ask(), await sidecar.ask()];
  const eventually = async (statuses: number[]): Promise<void> => {
    const deadline = Date.now() + 10_000;
    for (let got = await both(); got.join() !== statuses.join(); got = await both()) {
      if (Date.now() > deadline) throw new Error(`still ${got.join()}`);
    }
  };
  const addPrefiller = (): void => api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });

  it('decides for both which targets are allowed, and is watched once', async () => {
    api.hang();
    await start('--enable-ssrf-protection');
    expect(await both()).toEqual([403, 403]);
    expect((await fetch(`${sidecar.program.opsUrl}/health/ready`)).status).toBe(503);
    expect((await fetch(`${sidecar.program.url}/health/ready`)).status).toBe(503);
    api.createPool();
    addPrefiller();
    api.resume();
    await eventually([200, 200]);
    expect((await fetch(`${sidecar.program.url}/health/ready`)).status).toBe(200);
    api.deletePod('prefill-0');
    await eventually([403, 403]);
    expect(api.count('watch', 'pods')).toBe(1);
    expect(await sidecar.logged('ssrf: address added')).toHaveLength(1);
  });

  it('is known to a worker before it serves, the one that takes the place of another too', async () => {
    api.createPool();
    addPrefiller();
    await start('--enable-ssrf-protection');
    await eventually([200, 200]);
    await sidecar.kill(1);
    await sidecar.kill(2);
    // Nobody listens for a moment: what arrives then waits.
    await sidecar.logged('worker serves', 3);
    expect(await both()).toEqual([200, 200]);
    const metrics = await readMetrics(sidecar.program.opsUrl);
    expect(metrics.get('sidecar_allowlist_addresses')).toBe(1);
    expect(metrics.get('ssrf_blocked_total')).toBeGreaterThanOrEqual(0);
  });

  it('refuses at both when the API has been silent for too long', async () => {
    api.createPool();
    addPrefiller();
    await start('--enable-ssrf-protection', '--ssrf-max-staleness=2s');
    await eventually([200, 200]);
    api.hang();
    api.cutWatches();
    await eventually([403, 403]);
    api.resume();
    await eventually([200, 200]);
  });

  it('ends them all with 1 when it cannot be read in time', async () => {
    api.hang();
    await start('--enable-ssrf-protection', '--ssrf-sync-timeout=500ms');
    expect(await sidecar.program.exited()).toBe(1);
    const errors = sidecar.program.lines.filter(({ level }) => level === 'error');
    expect(errors).toEqual([expect.objectContaining({ msg: expect.stringContaining('ssrf') })]);
  });

  it('has its prefillers probed once, for both', async () => {
    api.createPool({ ports: [1] });
    await start('--prefiller-health-interval=100ms', '--prefiller-fallback=candidates');
    await both();
    sidecar.prefiller.behaviour = (response, request) => {
      if (request.url !== '/health') return json({ kv_transfer_params: {} })(response, request);
      response.writeHead(503).end();
    };
    await sidecar.logged('prefiller is not healthy: asked last');
    expect(await sidecar.logged('prefiller is not healthy: asked last')).toHaveLength(1);
    const probes = sidecar.prefiller.requests.filter(({ url }) => url === '/health');
    expect(probes.length).toBeLessThan(10);
  });
});
