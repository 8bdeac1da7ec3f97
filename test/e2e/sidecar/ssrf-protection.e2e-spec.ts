import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SidecarConfig } from '../../../src/config/sidecar.config.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { freePort } from '../../support/free-port.js';
import { until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const SSRF = { enabled: true, checkPorts: false, syncTimeout: 30_000, maxStaleness: 0 };

describe('SSRF protection', () => {
  let api: FakeApiServer;
  let folder: string;
  let kubeconfig: string;
  let fixture: SidecarFixture;
  let canary: Server;
  let canaryHits: number;

  beforeEach(async () => {
    api = await FakeApiServer.start();
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
    kubeconfig = await api.writeKubeconfig(folder);
    canaryHits = 0;
    canary = createServer((socket) => {
      canaryHits++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.9', resolve));
  });
  afterEach(async () => {
    await fixture.stop();
    expect(canaryHits).toBe(0);
    await new Promise((resolve) => canary.close(resolve));
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (config: Partial<SidecarConfig> = {}): Promise<void> => {
    fixture = await startFixture({
      inferencePool: { namespace: 'demo', name: 'pool', kubeconfig },
      ssrf: SSRF,
      ...config,
    });
  };
  const port = (): number => fixture.prefiller.port;
  const evil = (): string => `127.0.0.9:${(canary.address() as { port: number }).port}`;
  const ask = async (
    target: string | undefined,
    headers: Record<string, string> = {},
  ): Promise<number> => {
    const answer = await fetch(`${fixture.url}/v1/completions`, {
      method: 'POST',
      body: '{"prompt":"x"}',
      headers: { ...(target !== undefined && { 'x-prefiller-host-port': target }), ...headers },
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const untilStatus = async (target: string, status: number): Promise<void> => {
    const deadline = performance.now() + 10_000;
    while ((await ask(target)) !== status) {
      if (performance.now() > deadline) throw new Error(`${target} did not become ${status}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const ready = async (): Promise<number> => (await fetch(`${fixture.url}/health/ready`)).status;
  const denials = (): unknown[] =>
    fixture.log.lines
      .filter(({ message }) => message === 'ssrf: prefill target refused')
      .map(({ fields }) => fields);

  it('lets pods of the pool prefill and refuses everybody else', async () => {
    api.createPool();
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    await start();
    await untilStatus(`127.0.0.1:${port()}`, 200);
    expect(await ask(`prefill-0:${port()}`)).toBe(200);
    fixture.log.lines.length = 0;
    const prefills = fixture.prefiller.requests.length;
    const decodes = fixture.decoder.requests.length;
    expect(await ask(evil())).toBe(403);
    expect(await ask(`localhost:${port()}`)).toBe(200);
    expect(await ask(`no-such-host.invalid:${port()}`)).toBe(403);
    expect(await ask(`${evil()},127.0.0.1:${port()}`)).toBe(403);
    expect(fixture.prefiller.requests).toHaveLength(prefills + 1);
    expect(fixture.decoder.requests).toHaveLength(decodes + 1);
    expect(denials()).toMatchObject([
      { target: evil(), reason: 'not in the allowlist', client: '127.0.0.1' },
      { reason: 'the name does not resolve' },
      { target: evil() },
    ]);
  });

  it('answers a refused request in the shape of an error, and counts it', async () => {
    api.createPool();
    const metricsPort = await freePort();
    await start({ metricsPort });
    await until(
      () => fixture.log.lines.some(({ message }) => message.includes('synced')),
      5000,
    ).catch(() => undefined);
    const answer = await fetch(`${fixture.url}/v1/chat/completions`, {
      method: 'POST',
      body: '{}',
      headers: { 'x-prefiller-host-port': evil() },
    });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { type: 'ForbiddenError', code: 403 } });
    const metrics = await (await fetch(`${fixture.opsUrl}/metrics`)).text();
    expect(metrics).toMatch(/^ssrf_blocked_total 1$/m);
    expect(metrics).toMatch(/^sidecar_allowlist_addresses 0$/m);
    expect(metrics).toMatch(/^sidecar_allowlist_age_seconds \d/m);
  });

  it('refuses targets until the pool is read, and serves all other requests', async () => {
    api.hang();
    await start();
    expect(await ask(`127.0.0.1:${port()}`)).toBe(403);
    expect(await ask(undefined)).toBe(200);
    expect((await fetch(`${fixture.url}/health`)).status).toBe(200);
    expect(await ready()).toBe(503);
    api.createPool();
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    api.resume();
    await untilStatus(`127.0.0.1:${port()}`, 200);
    expect(await ready()).toBe(200);
  });

  it.each<[string, (server: FakeApiServer) => void]>([
    ['is deleted', (server) => server.deletePod('prefill-0')],
    [
      'is being deleted',
      (server) => server.updatePod('prefill-0', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    ],
    ['has failed', (server) => server.updatePod('prefill-0', { phase: 'Failed' })],
    ['is relabelled', (server) => server.updatePod('prefill-0', { labels: { app: 'other' } })],
    ['moves to another address', (server) => server.updatePod('prefill-0', { ip: '127.0.0.2' })],
    ['is left out by the pool', (server) => server.updatePool({ labels: { app: 'other' } })],
    ['loses its pool', (server) => server.deletePool()],
  ])('refuses a pod that %s, on kept connections too', async (_, change) => {
    api.createPool();
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    await start();
    await untilStatus(`127.0.0.1:${port()}`, 200);
    change(api);
    await untilStatus(`127.0.0.1:${port()}`, 403);
    const lines = fixture.log.lines.map(({ message }) => message);
    expect(lines).toEqual(expect.arrayContaining(['ssrf: address added', 'ssrf: address removed']));
  });

  it('dials a pod name at its pod, and a new pod of that name at its new address', async () => {
    api.createPool();
    api.createPod({ name: 'metadata', ip: '127.0.0.1' });
    await start();
    await untilStatus(`metadata:${port()}`, 200);
    api.updatePod('metadata', { ip: '127.0.0.8' });
    await untilStatus(`127.0.0.1:${port()}`, 403);
    // Nobody listens there: the old connection is not used for the new pod.
    expect([502, 503, 504]).toContain(await ask(`metadata:${port()}`));
  });

  it('keeps the last set while the API is away, and learns what changed meanwhile', async () => {
    api.createPool();
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    await start();
    await untilStatus(`127.0.0.1:${port()}`, 200);
    await api.stop();
    expect(await ask(`127.0.0.1:${port()}`)).toBe(200);
    expect(await ask(evil())).toBe(403);
    api.deletePod('prefill-0');
    await api.start();
    await untilStatus(`127.0.0.1:${port()}`, 403);
  });

  it('allows only the target ports of the pool when it is told to check them', async () => {
    await start({ ssrf: { ...SSRF, checkPorts: true } });
    api.createPool({ ports: [port()] });
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    await untilStatus(`127.0.0.1:${port()}`, 200);
    expect(await ask(`127.0.0.1:${fixture.decoder.port}`)).toBe(403);
    expect(await ask('prefill-0:22')).toBe(403);
  });

  it('passes over hosts of other headers that are not allowed, and dials none', async () => {
    api.createPool();
    api.createPod({ name: 'prefill-0', ip: '127.0.0.1' });
    await start();
    await untilStatus(`127.0.0.1:${port()}`, 200);
    const others = { 'x-encoder-hosts-ports': evil(), 'x-kv-cache-source-host-port': evil() };
    expect(await ask(`127.0.0.1:${port()}`, others)).toBe(200);
    expect(await ask(undefined, { ...others, 'x-data-parallel-host-port': evil() })).toBe(200);
    expect(await ask(undefined, { 'x-encoder-hosts-ports': `127.0.0.1:1@${evil()}` })).toBe(400);
    expect(await ask(undefined, { 'x-prefiller-url': `http://${evil()}` })).toBe(403);
  });
});
