import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SidecarConfig } from '../../../src/config/sidecar.config.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';
import { startFixture, type SidecarFixture } from '../../support/sidecar-fixture.js';

const GOOD = json({ kv_transfer_params: KV_PARAMS });
const BAD = json({ error: 'x' }, 500);
const ROLE = { app: 'vllm', 'llm-d.ai/role': 'prefill' };

describe('the prefillers of a pool', () => {
  let api: FakeApiServer;
  let folder: string;
  let fixture: SidecarFixture;
  let prefillers: FakeEngine[];

  beforeEach(async () => {
    api = await FakeApiServer.start();
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
    // One port on several addresses, as pods have it.
    const first = await FakeEngine.start(GOOD, 0, undefined, '127.0.0.2');
    const second = await FakeEngine.start(GOOD, first.port, undefined, '127.0.0.3');
    prefillers = [first, second];
    api.createPool({ ports: [first.port] });
    api.createPod({ name: 'p0', ip: '127.0.0.2', labels: ROLE });
    api.createPod({ name: 'p1', ip: '127.0.0.3', labels: ROLE });
    api.createPod({ name: 'd0', ip: '127.0.0.4', labels: { ...ROLE, 'llm-d.ai/role': 'decode' } });
  });
  afterEach(async () => {
    await fixture.stop();
    for (const prefiller of prefillers) await prefiller.stop();
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (config: Partial<SidecarConfig>): Promise<void> => {
    const kubeconfig = await api.writeKubeconfig(folder);
    fixture = await startFixture({
      inferencePool: { namespace: 'demo', name: 'pool', kubeconfig },
      prefillMaxRetries: 0,
      ...config,
    });
    await until(() => fixture.log.lines.some(({ message }) => /pool.*read|synced/i.test(message)));
  };
  const ask = (headers: Record<string, string> = {}, body: string | Buffer = '{}') =>
    fetch(`${fixture.url}/v1/completions`, { method: 'POST', body, headers });
  const asked = (): number[] => prefillers.map(({ requests }) => requests.length);

  describe('with --prefiller-fallback=pool', () => {
    it('stand in for a candidate that fails', async () => {
      await start({ prefillerFallback: 'pool' });
      prefillers[0]!.behaviour = BAD;
      const answer = await ask({ 'x-prefiller-host-port': `127.0.0.2:${prefillers[0]!.port}` });
      expect(answer.status).toBe(200);
      expect(asked()).toEqual([1, 1]);
      expect(fixture.decoder.requests).toHaveLength(1);
    });

    it('are not asked when the candidate succeeds or refuses', async () => {
      await start({ prefillerFallback: 'pool' });
      const target = { 'x-prefiller-host-port': `127.0.0.2:${prefillers[0]!.port}` };
      expect((await ask(target)).status).toBe(200);
      prefillers[0]!.behaviour = json('bad', 400);
      expect((await ask(target)).status).toBe(400);
      expect(asked()).toEqual([2, 0]);
    });
  });

  describe('with --prefiller-discovery', () => {
    it('prefill requests that name none, and share the load', async () => {
      await start({ prefillerDiscovery: true });
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      for (const prefiller of prefillers) {
        prefiller.behaviour = async (response, request) => {
          await released;
          await GOOD(response, request);
        };
      }
      const answers = [ask(), ask(), ask(), ask()];
      await until(() => asked()[0]! + asked()[1]! === 4);
      expect(asked()).toEqual([2, 2]);
      release();
      for (const answer of answers) expect((await answer).status).toBe(200);
      expect(fixture.decoder.last.body.toString()).toContain('"kv_transfer_params"');
    });

    it('leave requests alone that are routed, coded or not for generation', async () => {
      await start({ prefillerDiscovery: true });
      const gzip = gzipSync('{}');
      expect((await ask({ 'x-prefiller-host-port': '' })).status).toBe(200);
      expect((await ask({ 'content-encoding': 'gzip' }, gzip)).status).toBe(200);
      expect(fixture.decoder.last.body).toEqual(gzip);
      await fetch(`${fixture.url}/v1/models`);
      await fetch(`${fixture.url}/v1/embeddings`, { method: 'POST', body: '{}' });
      expect(asked()).toEqual([0, 0]);
      expect(fixture.decoder.requests).toHaveLength(4);
    });

    it('are done without when none is ready', async () => {
      api.updatePod('p0', { ready: false });
      api.updatePod('p1', { ready: false });
      await start({ prefillerDiscovery: true });
      expect((await ask({}, '{"prompt":"x"}')).status).toBe(200);
      expect(fixture.decoder.last.body.toString()).toBe('{"prompt":"x"}');
    });
  });

  it('that do not answer a health probe are asked last', async () => {
    const health: Record<string, number> = {};
    for (const prefiller of prefillers) {
      prefiller.behaviour = (response, request) => {
        if (request.url !== '/health') return GOOD(response, request);
        health[prefiller.hostPort] = (health[prefiller.hostPort] ?? 0) + 1;
        response.writeHead(prefiller === prefillers[0] ? 503 : 200).end();
      };
    }
    await start({ prefillerDiscovery: true, prefillerHealthInterval: 20 });
    await until(() => fixture.log.lines.some(({ message }) => message.includes('not healthy')));
    const list = prefillers.map(({ port }, i) => `127.0.0.${i + 2}:${port}`).join();
    for (let i = 0; i < 5; i++)
      expect((await ask({ 'x-prefiller-host-port': list })).status).toBe(200);
    for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200);
    const prefills = prefillers.map(
      ({ requests }) => requests.filter(({ method }) => method === 'POST').length,
    );
    expect(prefills).toEqual([0, 10]);
  });
});
