import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createSelfSigned } from '../../../src/tls/self-signed.js';
import { FakeEngine, json, KV_PARAMS } from '../../support/fake-engine.js';
import { OtlpCollector } from '../../support/otlp-collector.js';
import { postPrefilled } from '../../support/prefill-request.js';
import { until } from '../../support/raw-client.js';
import { SidecarProcess } from '../../support/sidecar-process.js';

/** What the stand-ins of scripts/bundle-without.mjs say when somebody needs the real thing. */
const LEFT_OUT = 'is not in the bundle';

/** Bodies that parsers of Express and multer would take, were they there. */
const BODIES: [type: string, body: string][] = [
  ['application/json', '{"a":1}'],
  ['application/json; charset=utf-16', '{"a":1}'],
  ['application/x-www-form-urlencoded', 'a[b]=1&a[c]=2'],
  [
    'multipart/form-data; boundary=x',
    '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
  ],
  ['text/plain; charset=shift_jis', 'text'],
];

describe('the bundle', () => {
  let folder = '';
  let prefiller: FakeEngine;
  let decoder: FakeEngine;
  let sidecar: SidecarProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-bundle-'));
    prefiller = await FakeEngine.start(json({ kv_transfer_params: KV_PARAMS }));
    decoder = await FakeEngine.start(json({ ok: true }));
  });

  afterAll(async () => {
    await prefiller.stop();
    await decoder.stop();
    await rm(folder, { recursive: true });
  });

  afterEach(async () => {
    await sidecar.stop();
    expect(sidecar.stderr).not.toContain(LEFT_OUT);
  });

  async function start(...flags: string[]): Promise<SidecarProcess> {
    sidecar = await SidecarProcess.start(({ data, metrics }) => [
      ...['sidecar', `--port=${data}`, `--metrics-port=${metrics}`],
      ...[`--model-server-port=${decoder.port}`, '--bind-address=127.0.0.1', ...flags],
    ]);
    return sidecar;
  }

  it('serves bodies, queries and errors without the parsers of Express', async () => {
    const { url } = await (await start('--secure-proxy=false')).ready();
    for (const [type, body] of BODIES) {
      const headers = { 'content-type': type };
      const answer = await fetch(`${url}/v1/files?a[b]=c`, { method: 'POST', headers, body });
      expect(answer.status).toBe(200);
      expect(decoder.last.body.toString()).toBe(body);
      expect(decoder.last.url).toBe('/v1/files?a[b]=c');
    }
    const { status } = await postPrefilled({ url, prefiller }, '{"prompt":"a"}');
    expect(status).toBe(200);
    const broken = await postPrefilled({ url, prefiller }, '{"prompt":');
    expect([broken.status, broken.headers.get('content-type')]).toEqual([400, 'application/json']);
  });

  it('answers probes and scrapes on both ports', async () => {
    const { url, opsUrl } = await (await start('--secure-proxy=false')).ready();
    for (const base of [url, opsUrl]) {
      const answers = await Promise.all(
        ['/health', '/health/ready'].map((path) => fetch(base + path)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.map(({ headers }) => headers.get('content-type'))).toEqual(
        Array(2).fill('application/json; charset=utf-8'),
      );
    }
    const metrics = await (await fetch(`${opsUrl}/metrics`)).text();
    for (const name of [
      'process_cpu_user_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
      'sidecar_requests_total',
    ]) {
      expect(metrics).toContain(name);
    }
    const missing = await fetch(`${opsUrl}/elsewhere?a[b]=c`);
    expect([missing.status, missing.headers.get('content-type')]).toEqual([
      404,
      'application/json',
    ]);
  });

  it('probes a decoder that speaks TLS', async () => {
    const secure = await FakeEngine.start(json({}), 0, await createSelfSigned(['127.0.0.1']));
    const flags = [
      '--secure-proxy=false',
      '--decoder-use-tls=true',
      '--decoder-tls-insecure-skip-verify=true',
    ];
    const { url } = await (await start(`--model-server-port=${secure.port}`, ...flags)).ready();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(secure.last.url).toBe('/health');
    await secure.stop();
  });

  it('reads a YAML file, logs to a file and speaks HTTP/2 with a certificate of its own', async () => {
    const [file, log] = [join(folder, 'sidecar.yaml'), join(folder, 'sidecar.log')];
    await writeFile(
      file,
      `secure-proxy: true\nallowed-connectors: [nixlv2]\nlogtostderr: false\nlog-file: ${log}\n`,
    );
    const { port } = await start(`--configuration-file=${file}`);
    const ready = (): Promise<boolean> =>
      readFile(log, 'utf8').then(
        (text) => text.includes('"ready"'),
        () => false,
      );
    while (sidecar.exitCode === undefined && !(await ready()))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/health' });
    const status = new Promise((resolve) =>
      stream.on('response', (head) => resolve(head[':status'])),
    );
    expect(await status).toBe(200);
    session.destroy();
    expect(await readFile(log, 'utf8')).not.toContain(LEFT_OUT);
  });

  it.each(['http', 'grpc'] as const)('sends spans by OTLP over %s', async (protocol) => {
    const collector = new OtlpCollector();
    const endpoint =
      protocol === 'http' ? await collector.listenHttp() : await collector.listenGrpc();
    sidecar = await SidecarProcess.start(
      ({ data, metrics }) => [
        ...['sidecar', `--port=${data}`, `--metrics-port=${metrics}`, '--secure-proxy=false'],
        ...[`--model-server-port=${decoder.port}`, '--tracing=true'],
      ],
      {
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol === 'http' ? 'http/protobuf' : 'grpc',
        OTEL_BSP_SCHEDULE_DELAY: '20',
      },
    );
    const { url } = await sidecar.ready();
    await postPrefilled({ url, prefiller }, '{"prompt":"a"}');
    await until(() => collector.spans.length > 0);
    await sidecar.stop();
    await collector.close();
  });
});
