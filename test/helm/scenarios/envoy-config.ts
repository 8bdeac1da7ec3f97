import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { envoyConfig } from '../../../scripts/envoy/config.mjs';
import { TlsFiles } from '../../support/tls-files.js';
import { mustBe, type EnvoyBinary } from '../../envoy/scenario.js';
import { envoys } from '../envoy/binaries.js';
import { standaloneMatrix } from '../envoy/matrix.js';
import { onLoopback } from '../envoy/on-loopback.js';
import { renderedEnvoyConfig, type EnvoyConfig } from '../envoy/rendered.js';
import type { Values } from '../rig/helm.js';
import { must, type Scenario } from '../scenario.js';

const CHART = 'tandem-standalone';
const PORTS = { data: 1, admin: 2, operations: 3 };
const PODS = { matchLabels: { app: 'm' } };

/** Values that render what a file of config/ says. */
const TWINS: readonly (readonly [file: string, values: Values])[] = [
  ['envoy/override-host.yaml', { modelServers: PODS }],
  [
    'envoy/standalone.yaml',
    { modelServers: PODS, proxy: { routing: 'original-dst', requestBody: 'full-duplex' } },
  ],
  [
    'envoy.yaml',
    {
      modelServers: {
        hosts: ['localhost:8000'],
        routes: [
          { name: 'chat-route', model: 'gpt-3.5-turbo', path_prefix: '/v1/chat' },
          { name: 'completion-route', model: 'text-davinci-003', path_prefix: '/v1/completions' },
        ],
      },
      picker: { tls: { enabled: false } },
      proxy: { routing: 'original-dst', messageTimeout: '10s', upgrades: [] },
    },
  ],
];

/** Envoy's configuration in the charts. */
export const ENVOY_CONFIG: readonly Scenario[] = [
  {
    name: 'Envoy: what tandem-standalone renders is what the files of config/ say',
    run: ({ helm }) => {
      for (const [file, values] of TWINS) {
        const rendered = renderedEnvoyConfig(helm.objects({ chart: CHART, values }));
        const places = { ports: PORTS, pickers: [4], servers: ['127.0.0.1:5'] };
        const [left, right] = [
          onLoopback(rendered, places),
          envoyConfig(file, { ports: PORTS, pickers: [4], servers: [5], version: '1.40.0' }),
        ].map(compared);
        for (const key of Object.keys(right!)) {
          must(
            isDeepStrictEqual(left![key], right![key]),
            `${file}: ${key} is ${show(left![key])} instead of ${show(right![key])}`,
          );
        }
        mustBe(Object.keys(left!), Object.keys(right!), `what ${file} has`);
      }
    },
  },
  {
    name: 'Envoy: every rendered configuration is valid to the oldest and the newest',
    run: async ({ helm, folder, after }) => {
      const tls = await TlsFiles.create(['picker']);
      after(() => tls.remove());
      const ca = join(tls.folder, 'tls.crt');
      let count = 0;
      for (const envoy of envoys()) {
        const own = join(folder, envoy.version);
        mkdirSync(own);
        const valid = new Set<string>();
        for (const { name, values } of standaloneMatrix(`distroless-v${envoy.version}`)) {
          const config = renderedEnvoyConfig(helm.objects({ chart: CHART, values }));
          const text = JSON.stringify(config).replaceAll('/etc/envoy-picker/ca.crt', ca);
          if (!valid.has(text)) validate(envoy, text, join(own, `${count++}.json`), name);
          valid.add(text);
        }
      }
      return { configurations: String(count) };
    },
  },
];

/** @throws Error with what Envoy says of it */
function validate(envoy: EnvoyBinary, text: string, file: string, name: string): void {
  writeFileSync(file, text);
  const args = [
    '--mode',
    'validate',
    '-c',
    file,
    '--log-level',
    'warning',
    '--disable-hot-restart',
  ];
  const { status, stderr } = spawnSync(envoy.path, args, { encoding: 'utf8' });
  must(status === 0, `${name}, Envoy ${envoy.version}: ${stderr}`);
  must(!stderr.includes('[warning]'), `${name}, Envoy ${envoy.version} warns: ${stderr}`);
}

/** What the files say too: the chart's operations listener has more pages, and needs a cluster for them. */
function compared(config: EnvoyConfig): EnvoyConfig {
  const { listeners, clusters } = config['static_resources'];
  const named = (list: readonly { name: string }[], name: string): unknown =>
    list.find((one) => one.name === name);
  return {
    admin: config['admin'],
    overload_manager: config['overload_manager'],
    inference: named(listeners, 'inference'),
    picker: named(clusters, 'picker'),
    'model-servers': named(clusters, 'model-servers'),
  };
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
