import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { must, mustBe } from '../../envoy/scenario.js';
import { FakeApiServer } from '../../support/fake-apiserver.js';
import { OtlpCollector } from '../../support/otlp-collector.js';
import { eventually } from '../../support/picker-program.js';
import { sidecar, simulator, start, type Scenario, type Stage } from '../scenario.js';

const IMPORTS = fileURLToPath(new URL('../../../scripts/image/imports.mjs', import.meta.url));
const IMPORT_ALL = `Promise.all(process.argv.slice(1).map((name) => import(name)))
  .then((modules) => console.log(modules.length));`;

/** Packages that are loaded when they are needed. */
export const LATE: readonly Scenario[] = [
  {
    name: 'packages: all that the bundle imports late are there',
    run: async ({ runner, bundle }) => {
      if (bundle === undefined) return { packages: 'of a built image only' };
      const told = execFileSync(process.execPath, [IMPORTS, bundle], { encoding: 'utf8' });
      const names = told.split('\n').filter(Boolean);
      must(names.length > 0, 'the bundle imports nothing');
      mustBe((await runner.script(IMPORT_ALL, ...names)).trim(), String(names.length), 'imported');
      return { packages: String(names.length) };
    },
  },
  {
    name: 'tracing: spans by HTTP',
    run: (stage) => traced(stage, 'http/protobuf', (collector) => collector.listenHttp()),
  },
  {
    name: 'tracing: spans by gRPC',
    run: (stage) => traced(stage, 'grpc', (collector) => collector.listenGrpc()),
  },
  {
    name: 'Kubernetes: the sidecar follows an InferencePool, with a mounted kubeconfig',
    run: async (stage) => {
      const api = await FakeApiServer.start();
      stage.after(() => api.stop());
      api.createPool();
      const kubeconfig = await api.writeKubeconfig(stage.folder);
      chmodSync(kubeconfig, 0o644);
      const flags = ['--enable-ssrf-protection', `--kubeconfig=${kubeconfig}`];
      const pool = ['--inference-pool-namespace=demo', '--inference-pool-name=pool'];
      const server = await start(stage, simulator());
      const mount = { folders: [stage.folder] };
      const started = await start(stage, sidecar(server.port, ...flags, ...pool), mount);
      const ready = async (): Promise<number> =>
        (await fetch(`${started.opsUrl}/health/ready`)).status;
      await eventually(ready, (status) => status === 200);
    },
  },
];

async function traced(
  stage: Stage,
  protocol: string,
  listen: (collector: OtlpCollector) => Promise<string>,
): Promise<void> {
  const collector = new OtlpCollector();
  const endpoint = await listen(collector);
  stage.after(() => collector.close());
  const server = await start(stage, simulator());
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
  const started = await start(stage, sidecar(server.port, '--tracing'), { env });
  const answer = await fetch(`${started.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"tiny","prompt":"p","max_tokens":1}',
  });
  mustBe(answer.status, 200, await answer.text());
  started.signal('SIGTERM');
  mustBe(await started.exited(), 0, 'exit code');
  must(collector.spans.length > 0, `no span came (${started.stderr})`);
}
