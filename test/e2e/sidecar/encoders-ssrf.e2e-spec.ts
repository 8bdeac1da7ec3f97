import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bodiesOf,
  encoderConfig,
  startEncoderFixture,
  type EncoderFixture,
} from '../../support/encoder-fixture.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { FakeEngine, json } from '../../support/fake-engine.js';
import { until } from '../../support/raw-client.js';

const image = (name: string): string =>
  `{"type":"image_url","image_url":{"url":"http://media/${name}"}}`;
const chat = (...names: string[]): string =>
  `{"messages":[{"role":"user","content":[${names.map(image).join(',')}]}]}`;

describe('encoders outside of the pool', () => {
  let api: FakeApiServer;
  let folder: string;
  let fixture: EncoderFixture;
  let outside: FakeEngine;

  beforeEach(async () => {
    api = await FakeApiServer.start();
    folder = await mkdtemp(join(tmpdir(), 'tandem-'));
    const kubeconfig = await api.writeKubeconfig(folder);
    api.createPool();
    api.createPod({ name: 'engine-0', ip: '127.0.0.1' });
    outside = await FakeEngine.start(json({}), 0, undefined, '127.0.0.9');
    fixture = await startEncoderFixture({
      ...encoderConfig('ec-nixl'),
      inferencePool: { namespace: 'demo', name: 'pool', kubeconfig },
      ssrf: { enabled: true, checkPorts: false, syncTimeout: 30_000, maxStaleness: 0 },
    });
    const deadline = performance.now() + 10_000;
    while ((await fetch(`${fixture.url}/health/ready`)).status !== 200) {
      if (performance.now() > deadline) throw new Error('the pool was not read');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
  afterEach(async () => {
    await fixture.stop();
    expect(outside.connections).toBe(0);
    expect(outside.requests).toEqual([]);
    await outside.stop();
    await api.stop();
    await rm(folder, { recursive: true });
  });

  const warnings = (): unknown[] =>
    fixture.log.lines
      .filter(({ message }) => message === 'ssrf: encoders passed over')
      .map(({ fields }) => fields['refused']);

  it('are passed over, and the others do their part', async () => {
    const [first, second] = fixture.encoders;
    const named = [first!.hostPort, outside.hostPort, second!.hostPort].join();
    const answer = await fixture.ask(chat('a', 'b', 'c'), {
      headers: { 'x-encoder-hosts-ports': named },
    });
    expect(answer.status).toBe(200);
    expect(fixture.encoders.map(({ requests }) => requests.length)).toEqual([2, 1]);
    expect(warnings()).toEqual([[expect.stringContaining(outside.hostPort)]]);
  });

  it.each([true, false])(
    'leave the request to the other engines, untouched, where they are all (prefill: %s)',
    async (isPrefilled) => {
      const body = chat('a');
      const headers = {
        'x-encoder-hosts-ports': outside.hostPort,
        ...(isPrefilled && { 'x-prefiller-host-port': fixture.prefiller.hostPort }),
      };
      expect((await fixture.ask(body, { headers })).status).toBe(200);
      expect(fixture.prefiller.requests).toHaveLength(isPrefilled ? 1 : 0);
      const decoded = bodiesOf(fixture.decoder).at(-1);
      if (isPrefilled) expect(decoded).not.toMatch('cache_hit_threshold');
      else expect(decoded).toBe(body);
      await until(() => warnings().length === 1, 5000);
    },
  );

  it('do not spare a prefiller that is outside too', async () => {
    const headers = {
      'x-encoder-hosts-ports': fixture.encoders[0]!.hostPort,
      'x-prefiller-host-port': outside.hostPort,
    };
    expect((await fixture.ask(chat('a'), { headers })).status).toBe(403);
    expect(fixture.encoders[0]!.requests).toEqual([]);
  });
});
