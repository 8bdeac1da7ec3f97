import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const POOL = { INFERENCE_POOL_NAMESPACE: 'demo', INFERENCE_POOL_NAME: 'pool' };

describe('a sidecar with SSRF protection', () => {
  let api: FakeApiServer;
  let folder: string;
  let sidecar: SidecarProcess;

  beforeEach(async () => {
    api = await FakeApiServer.start();
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
  });
  afterEach(async () => {
    await sidecar.stop();
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (
    flags: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<void> => {
    sidecar = await SidecarProcess.start(
      ({ data, metrics }) => [
        '-enable-ssrf-protection=true',
        '-secure-proxy=false',
        '--bind-address=127.0.0.1',
        `-port=${data}`,
        `--metrics-port=${metrics}`,
        ...flags,
      ],
      env,
    );
  };
  const kubeconfig = () => api.writeKubeconfig(folder);
  const last = () => sidecar.lines.at(-1);

  describe('ends with one line and 1', () => {
    it.each<[string, Record<string, string>, string]>([
      ['without a pool', {}, '-enable-ssrf-protection needs an InferencePool'],
      ['outside a cluster', POOL, 'KUBERNETES_SERVICE_HOST is not set'],
      [
        'with a kubeconfig that is not there',
        { ...POOL, KUBECONFIG: '/nonexistent' },
        'KUBECONFIG',
      ],
    ])('%s', async (_, env, message) => {
      await start([], env);
      expect(await sidecar.exited()).toBe(1);
      expect(sidecar.stdout).toBe('');
      expect(sidecar.lines).toHaveLength(1);
      expect(last()).toMatchObject({ level: 'error', msg: expect.stringContaining(message) });
    });

    it('with a kubeconfig that is none', async () => {
      const path = join(folder, 'bad');
      await writeFile(path, 'x: [');
      await start([`--kubeconfig=${path}`], POOL);
      expect(await sidecar.exited()).toBe(1);
      expect(sidecar.lines).toHaveLength(1);
      expect(last()!['msg']).toContain('--kubeconfig');
    });
  });

  describe('listens, and ends with 1 when its time is up', () => {
    it.each<[string, (server: FakeApiServer) => void | Promise<void>, RegExp]>([
      ['without such a pool', () => undefined, /not found|does not exist|404/i],
      ['without permission', (server) => void server.deny(() => true), /403|forbidden/i],
      ['with an API that does not answer', (server) => server.hang(), /answer|time/i],
      ['with an API that is not there', (server) => server.stop(), /ECONNREFUSED|refused/i],
      ['with a token that is not known', (server) => server.tokens.clear(), /401|unauthori[sz]ed/i],
    ])('%s', async (name, prepare, reason) => {
      const path = await kubeconfig();
      if (name.includes('token')) api.tokens.add('another');
      await prepare(api);
      if (name.includes('token')) api.tokens.add('another');
      await start(['--ssrf-sync-timeout=1500ms'], { ...POOL, KUBECONFIG: path });
      await sidecar.ready();
      expect(sidecar.lines.find(({ msg }) => msg === 'ready')).toMatchObject({ ssrf: true });
      expect((await fetch(`${sidecar.url}/health`)).status).toBe(200);
      expect((await fetch(`${sidecar.opsUrl}/health/ready`)).status).toBe(503);
      expect(await sidecar.exited()).toBe(1);
      const fatal = sidecar.lines.find(({ level }) => level === 'error')!;
      expect(fatal['msg']).toContain('ssrf');
      expect(fatal['reason']).toMatch(reason);
    });
  });

  it('stops on SIGTERM while it waits for the API', async () => {
    api.hang();
    await start([], { ...POOL, KUBECONFIG: await kubeconfig() });
    await sidecar.ready();
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited(5000)).toBe(0);
  });

  it('goes on when the pool appears in time', async () => {
    await start(['--ssrf-sync-timeout=10s'], { ...POOL, KUBECONFIG: await kubeconfig() });
    await sidecar.ready();
    api.createPool();
    const deadline = performance.now() + 9000;
    const health = async (): Promise<string> =>
      (await fetch(`${sidecar.opsUrl}/health/ready`)).text();
    while (!/"allowlist":\{[^}]*"status":"up"/.test(await health())) {
      if (performance.now() > deadline) throw new Error(sidecar.stderr);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    sidecar.signal('SIGTERM');
    expect(await sidecar.exited(5000)).toBe(0);
  });
});
