import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExtProcClient } from '../../support/ext-proc-client.js';
import { playRequest } from '../../support/ext-proc-exchange.js';
import { freePort } from '../../support/free-port.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'x' }] };
const opened: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

async function launch(flags: (port: number) => readonly string[]): Promise<SidecarProcess> {
  const picker = await SidecarProcess.start(({ data }) => ['picker', ...flags(data)]);
  opened.push(picker);
  return picker;
}

async function connected(picker: SidecarProcess, secure = false): Promise<ExtProcClient> {
  await picker.ready();
  const tls = secure ? { rejectUnauthorized: false } : undefined;
  const client = await ExtProcClient.connect(picker.port, tls, '127.0.0.1');
  opened.push({ stop: () => client.close() });
  return client;
}

async function pick(client: ExtProcClient, body: object | undefined = CHAT) {
  const stream = client.stream();
  const decision = await playRequest(stream, body ? { body } : {});
  stream.halfClose();
  return decision.endpoint;
}

/** @returns the one line that says what is wrong */
async function refusal(flags: readonly string[]): Promise<string> {
  const picker = await launch(() => flags);
  expect(await picker.exited()).toBe(1);
  const lines = picker.stderr.trim().split('\n');
  expect(lines).toHaveLength(1);
  expect(picker.stdout).toBe('');
  return lines[0]!;
}

describe('the command line of the vLLM router’s ext_proc service', () => {
  it('serves in plaintext with its health on the same port, and opens no other one', async () => {
    const picker = await launch((port) => [
      ...['--service-discovery=static', '--static-hosts=localhost:8000', '--log-level=info'],
      ...['--routing-logic=least_outstanding_requests', `--port=${port}`, '--host=127.0.0.1'],
    ]);
    const client = await connected(picker);
    expect(await pick(client)).toBe('127.0.0.1:8000');
    for (const name of ['', 'liveness', 'readiness', 'envoy.service.ext_proc.v3.ExternalProcessor'])
      expect(await client.health(name)).toBe('SERVING');
    // Not by asking the usual ports: another picker of this machine may have them.
    const ready = picker.stderr.split('\n').find((line) => line.includes('"msg":"ready"'));
    expect(JSON.parse(ready!)).toMatchObject({ healthPort: 0, metricsPort: 0 });
  });

  it('takes values behind a blank, and ports that are given', async () => {
    const [health, metrics] = [await freePort(), await freePort()];
    const picker = await launch((port) => [
      ...['--static-backends', 'http://127.0.0.1:8001,http://localhost:8002/'],
      ...['--port', String(port), '--bind-address', '127.0.0.1'],
      ...['--grpc-health-port', String(health), '--metrics-port', String(metrics)],
    ]);
    const client = await connected(picker);
    const picked = [await pick(client), await pick(client), await pick(client)];
    expect(picked).toEqual(['127.0.0.1:8001', '127.0.0.1:8002', '127.0.0.1:8001']);
    const page = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    expect(page).toContain('llm_d_epp_request_total');
    const probe = await ExtProcClient.connect(health);
    opened.push({ stop: () => probe.close() });
    expect(await probe.health('readiness')).toBe('SERVING');
  });

  it('serves TLS where that is asked for', async () => {
    const picker = await launch((port) => [
      ...['--static-hosts=127.0.0.1:8001', `--port=${port}`, '--bind-address=127.0.0.1'],
      '--secure-serving=true',
    ]);
    expect(await pick(await connected(picker, true))).toBe('127.0.0.1:8001');
  });

  it('keeps the order of hosts, names or addresses', async () => {
    const picker = await launch((port) => [
      '--static-hosts=localhost:8003,127.0.0.1:8001,[::1]:8004,localhost:8002',
      ...[`--port=${port}`, '--bind-address=127.0.0.1'],
    ]);
    const client = await connected(picker);
    const picked: (string | undefined)[] = [];
    for (let i = 0; i < 8; i++) picked.push(await pick(client));
    const round = ['127.0.0.1:8003', '127.0.0.1:8001', '[::1]:8004', '127.0.0.1:8002'];
    expect(picked).toEqual([...round, ...round]);
  });

  it.each([
    ['--routing-logic=fastest', 'fastest'],
    ['--service-discovery=consul', 'consul'],
    ['--static-hosts=not a host', 'not a host'],
    ['--static-hosts=https://127.0.0.1:8000', 'https://127.0.0.1:8000'],
    ['--static-hosts=127.0.0.1', '127.0.0.1'],
    ['--static-models=a,b', '--static-models'],
    ['--port=70000', '70000'],
    ['--session-key=a b', 'a b'],
    ['--route-config=/nowhere/routes.json', '/nowhere/routes.json'],
    ['--nonsense=1', '--nonsense'],
    ['--log-level=loud', 'loud'],
  ])('is refused with %s', async (flag, name) => {
    const hosts = flag.startsWith('--static-hosts') ? [] : ['--static-hosts=127.0.0.1:8000'];
    const port = flag.startsWith('--port') ? [] : [`--port=${await freePort()}`];
    expect(await refusal([...hosts, ...port, flag])).toContain(name);
  });

  it('needs hosts', async () => {
    const port = `--port=${await freePort()}`;
    expect(await refusal(['--service-discovery=static', port])).toContain('--static-hosts');
  });

  it('excludes a configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n');
    try {
      for (const seed of [
        '--static-hosts=127.0.0.1:8000',
        '--static-backends=127.0.0.1:8000',
        '--service-discovery=static',
        '--routing-logic=round_robin',
        `--port=${await freePort()}`,
        `--route-config=${file}`,
      ]) {
        const line = await refusal([`--config-file=${file}`, seed]);
        expect(line).toContain('--config-file');
        expect(line).toContain(seed.slice(0, seed.indexOf('=')));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['{}', 'list'],
    ['[{"name":"a","model":"m"}]', 'path_prefix'],
    ['[{"name":"a","model":"m","path_prefix":"v1"}]', 'path_prefix'],
    ['[{"name":"a","model":"m","path_prefix":"/v1","more":1}]', 'more'],
    ['[{"name":"a","model":"","path_prefix":"/v1"}]', 'model'],
    ['[', 'JSON'],
  ])('is refused with the routes %s', async (text, name) => {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-picker-'));
    const file = join(folder, 'routes.json');
    writeFileSync(file, text);
    const hosts = ['--static-hosts=127.0.0.1:8000', `--port=${await freePort()}`];
    const line = await refusal([...hosts, `--route-config=${file}`]);
    rmSync(folder, { recursive: true });
    expect(line).toContain('routes.json');
    expect(line).toContain(name);
  });
});
