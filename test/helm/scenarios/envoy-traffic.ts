import { ask } from '../../envoy/rig/http-client.js';
import { finishedRequests } from '../../envoy/rig/programs.js';
import { mustBe } from '../../envoy/scenario.js';
import { TlsFiles } from '../../support/tls-files.js';
import { envoys } from '../envoy/binaries.js';
import { deploy } from '../envoy/deployed.js';
import { apart, hosts, listed, NAMESPACE, pods, type Fleet } from '../envoy/fleets.js';
import { tryAll } from '../envoy/traffic.js';
import type { Values } from '../rig/helm.js';
import { must, type Scenario, type Stage } from '../scenario.js';

const CHART = 'tandem-standalone';
const ORIGINAL_DST = { routing: 'original-dst' };
const FULL_DUPLEX = { ...ORIGINAL_DST, requestBody: 'full-duplex' };
const PLAIN = { tls: { enabled: false } };

/** Values beside those of the model servers. */
interface Run {
  readonly name: string;
  readonly fleet: (stage: Stage) => Promise<Fleet>;
  readonly proxy?: Values;
  readonly picker?: Values;
  readonly inferencePool?: Values;
  readonly pickers?: number;
}

const RUNS: readonly Run[] = [
  { name: 'pods by labels', fleet: pods },
  {
    name: 'pods of an InferencePool, original-dst',
    fleet: pods,
    proxy: ORIGINAL_DST,
    inferencePool: { create: true },
  },
  {
    name: 'pods by labels, two pickers apart',
    fleet: pods,
    proxy: { mode: 'service' },
    picker: { replicas: 2 },
    pickers: 2,
  },
  { name: 'endpoints, failing open', fleet: listed, proxy: { failOpen: true } },
  { name: 'endpoints, full duplex, plaintext', fleet: listed, proxy: FULL_DUPLEX, picker: PLAIN },
  { name: 'hosts', fleet: hosts },
  {
    name: 'hosts, original-dst, apart',
    fleet: hosts,
    proxy: { ...ORIGINAL_DST, mode: 'service' },
    picker: { config: { 'routing-logic': 'least_outstanding_requests' } },
  },
];

/** Envoy and the picker by what tandem-standalone renders, before simulated model servers. */
export const ENVOY_TRAFFIC: readonly Scenario[] = [
  ...RUNS.map((run) => ({
    name: `Envoy: chat, stream, models and 5 MB: ${run.name}`,
    run: async (stage: Stage) => {
      for (const envoy of envoys()) {
        const { fleet, objects } = await render(stage, run, envoy.version);
        const { pickers = 1 } = run;
        const deployed = await deploy(stage, objects, { envoy, pickers, ...fleet.plan });
        await tryAll(deployed.envoy);
        await deployed.envoy.stop();
      }
    },
  })),
  {
    name: 'Envoy: prefill apart from decode, and Envoy alone goes to decoders',
    run: async (stage) => {
      const [envoy] = envoys();
      const run = {
        fleet: apart,
        proxy: { failOpen: true },
        picker: { plugins: 'prefill-decode' },
      };
      const { fleet, objects } = await render(stage, run, envoy!.version);
      const deployed = await deploy(stage, objects, { envoy: envoy! });
      const sum = async (programs: Fleet['decode']): Promise<number> =>
        (await Promise.all(programs.map(finishedRequests))).reduce((all, one) => all + one, 0);
      await tryAll(deployed.envoy);
      mustBe([await sum(fleet.prefill), await sum(fleet.decode)], [3, 3], 'prefills and decodes');
      await deployed.pickers[0]!.process.stop();
      const hostile = { 'x-prefiller-host-port': '127.0.0.1:1' };
      const body = { model: 'tiny', messages: [{ role: 'user', content: 'Hi' }] };
      for (let at = 0; at < 4; at++) {
        const { status, text } = await ask(deployed.envoy.url, { body, headers: hostile });
        mustBe(status, 200, `status without a picker (${text})`);
      }
      mustBe([await sum(fleet.prefill), await sum(fleet.decode)], [3, 7], 'without a picker');
    },
  },
  {
    name: 'Envoy: a certificate for the picker is checked by its authority and its name',
    run: async (stage) => {
      const [envoy] = envoys();
      const serverName = `rel-tandem-standalone-picker.${NAMESPACE}.svc.cluster.local`;
      const run = { fleet: listed, picker: { tls: { secretName: 'picker' } } };
      const { objects } = await render(stage, run, envoy!.version);
      const tls = await TlsFiles.create([serverName]);
      stage.after(() => tls.remove());
      const deployed = await deploy(stage, objects, { envoy: envoy!, tlsFolder: tls.folder });
      await tryAll(deployed.envoy);
      const other = await TlsFiles.create(['another.name']);
      stage.after(() => other.remove());
      const refused = await deploy(stage, objects, { envoy: envoy!, tlsFolder: other.folder }).then(
        () => false,
        () => true,
      );
      must(refused, 'Envoy takes a picker of another name');
    },
  },
];

async function render(
  stage: Stage,
  { fleet: start, proxy = {}, picker = {}, inferencePool = {} }: Omit<Run, 'name'>,
  version: string,
) {
  const fleet = await start(stage);
  const values = {
    modelServers: fleet.modelServers,
    inferencePool,
    picker,
    proxy: { image: { tag: `distroless-v${version}` }, ...proxy },
  };
  const objects = stage.helm.objects({ chart: CHART, values, namespace: NAMESPACE });
  return { fleet, objects };
}
