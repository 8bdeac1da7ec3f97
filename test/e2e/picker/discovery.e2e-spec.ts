import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest, type PlayedDecision } from '../../support/ext-proc-exchange.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { freePort } from '../../support/free-port.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const REWRITES = '/apis/llm-d.ai/v1alpha2/inferencemodelrewrites';
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'x' }] };

let folder: string;
let path: string;
let healthPort: number;
const opened: { stop(): Promise<unknown> }[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
  path = join(folder, 'endpoints.yaml');
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
  rmSync(folder, { recursive: true });
});

const FILE_CONFIG = (): string =>
  JSON.stringify({
    apiVersion: 'llm-d.ai/v1alpha1',
    kind: 'EndpointPickerConfig',
    plugins: [
      { type: 'file-discovery', parameters: { path, watchFile: true } },
      { type: 'random-picker' },
    ],
    schedulingProfiles: [{ name: 'default', plugins: [{ pluginRef: 'random-picker' }] }],
    dataLayer: { discovery: { pluginRef: 'file-discovery' }, injectDefaults: false },
  });

async function launch(
  flags: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<SidecarProcess> {
  healthPort = await freePort();
  const picker = await SidecarProcess.start(
    ({ data }) => [
      'picker',
      '--bind-address=127.0.0.1',
      '--secure-serving=false',
      `--grpc-port=${data}`,
      `--grpc-health-port=${healthPort}`,
      '--metrics-port=0',
      ...flags,
    ],
    env,
  );
  opened.push(picker);
  return picker;
}

async function start(
  flags: readonly string[],
  env?: Readonly<Record<string, string>>,
): Promise<ExtProcClient> {
  const picker = await launch(flags, env);
  await picker.ready();
  return connect(picker.port);
}

async function connect(port: number): Promise<ExtProcClient> {
  const client = await ExtProcClient.connect(port);
  opened.push({ stop: () => client.close() });
  return client;
}

async function decide(client: ExtProcClient): Promise<PlayedDecision> {
  const stream = client.stream();
  const decision = await playRequest(stream, { body: CHAT });
  stream.cancel();
  return decision;
}

/** @returns the first decision that is as it should be */
async function until(
  client: ExtProcClient,
  fits: (decision: PlayedDecision) => boolean,
): Promise<PlayedDecision> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const decision = await decide(client);
    if (fits(decision)) return decision;
    if (performance.now() > deadline) throw new Error(`it is ${decision.endpoint} still`);
  }
}

const goesTo = (client: ExtProcClient, endpoint: string | undefined) =>
  until(client, (decision) => decision.endpoint === endpoint);

function replaceFile(text: string): void {
  writeFileSync(join(folder, 'next'), text);
  renameSync(join(folder, 'next'), path);
}

describe('the endpoints of a picker', () => {
  it('come from a file, which is followed, and need no Kubernetes', async () => {
    writeFileSync(path, 'endpoints: []');
    const env = { KUBECONFIG: join(folder, 'nowhere') };
    const client = await start([`--config-text=${FILE_CONFIG()}`, '--pool-name=label'], env);
    const health = await connect(healthPort);
    expect(await health.health('readiness')).toBe('SERVING');
    const none = await decide(client);
    expect(none.immediate?.status).toBe(503);
    replaceFile('endpoints: [{name: a, address: "::1", port: "8000"}]');
    const six = await goesTo(client, '[::1]:8000');
    expect(six.metadata).toBe('[::1]:8000');
    replaceFile(
      'endpoints: [{name: b, address: 10.0.0.1, port: 8001}, {name: bad, address: x, port: 1}]',
    );
    await goesTo(client, '10.0.0.1:8001');
  });

  it('do not come from a file with a wrong entry: one line, and nothing listens', async () => {
    writeFileSync(path, 'endpoints: [{name: bad-entry, address: nowhere, port: 8000}]');
    const picker = await launch([`--config-text=${FILE_CONFIG()}`]);
    expect(await picker.exited()).toBe(1);
    expect(picker.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/bad-entry.*expected an IPv4 or IPv6 address/),
    ]);
  });

  it('are static hosts, at their addresses', async () => {
    const client = await start(['--static-hosts=localhost:8000']);
    await goesTo(client, '127.0.0.1:8000');
  });

  it('must be named by something', async () => {
    const picker = await launch([]);
    expect(await picker.exited()).toBe(1);
    expect(picker.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/nothing names the model servers: give --pool-name/),
    ]);
  });

  it('are the pods of a pool, whose requests InferenceModelRewrites redirect', async () => {
    const server = await FakeApiServer.start();
    opened.push(server);
    server.groups.add('llm-d.ai');
    const kubeconfig = await server.writeKubeconfig(folder);
    const flags = ['--pool-name=pool', `--kubeconfig=${kubeconfig}`];
    const client = await start(flags, { NAMESPACE: 'demo' });
    const health = await connect(healthPort);
    expect(await health.health('readiness')).toBe('NOT_SERVING');
    expect((await decide(client)).immediate?.status).toBe(503);
    server.createPool({ ports: [8000] });
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    await goesTo(client, '10.0.0.1:8000');
    expect(await health.health('readiness')).toBe('SERVING');
    server.updatePool({ ports: [9000] });
    await goesTo(client, '10.0.0.1:9000');
    server.putObject(REWRITES, {
      metadata: { name: 'all' },
      spec: { poolRef: { name: 'pool' }, rules: [{ targets: [{ modelRewrite: 't' }] }] },
    });
    const rewritten = await until(client, ({ body }) => body.includes('"model":"t"'));
    expect(rewritten.body.toString()).toBe(JSON.stringify({ ...CHAT, model: 't' }));
    server.updatePod('a', { ready: false });
    await goesTo(client, undefined);
    server.createPod({ name: 'b', ip: '10.0.0.2' });
    await goesTo(client, '10.0.0.2:9000');
  });

  it('are the pods that a selector selects', async () => {
    const server = await FakeApiServer.start();
    opened.push(server);
    server.createPod({ name: 'a', ip: '10.0.0.1' });
    server.createPod({ name: 'b', ip: '10.0.0.2', labels: { app: 'other' } });
    const client = await start([
      '--endpoint-selector=app in (vllm),!test',
      '--endpoint-target-ports=8000',
      '--pool-namespace=demo',
      `--kubeconfig=${await server.writeKubeconfig(folder)}`,
    ]);
    await goesTo(client, '10.0.0.1:8000');
  });
});
