import { startSidecar, startSimulator } from '../../envoy/rig/programs.js';
import { FakeApi } from '../../kubernetes/api/fake-api.js';
import { freePort } from '../../support/free-port.js';
import type { SidecarProcess } from '../../support/sidecar-process.js';
import type { Values } from '../rig/helm.js';
import type { Stage } from '../scenario.js';
import { envoys } from './binaries.js';
import type { DeployPlan } from './deployed.js';

/** Model servers, and how a chart is told of them. */
export interface Fleet {
  readonly modelServers: Values;
  readonly plan: Pick<DeployPlan, 'servers' | 'env'>;
  readonly prefill: readonly SidecarProcess[];
  readonly decode: readonly SidecarProcess[];
}

export const NAMESPACE = 'inference';

/** Two simulators in a list of endpoints. */
export async function listed(stage: Stage): Promise<Fleet> {
  const decode = await simulators(stage);
  const endpoints = decode.map(({ port }) => entry(port));
  return { modelServers: { endpoints }, plan: {}, prefill: [], decode };
}

/** Two that prefill, and two that decode with a sidecar before each. */
export async function apart(stage: Stage): Promise<Fleet> {
  const prefill = await simulators(stage, 'prefill');
  const decode = await simulators(stage, 'decode');
  const sidecars = await Promise.all(decode.map(({ port }) => startSidecar(own(stage), port)));
  const endpoints = [
    ...prefill.map(({ port }) => entry(port, 'prefill')),
    ...sidecars.map(({ port }) => entry(port, 'decode')),
  ];
  return { modelServers: { endpoints }, plan: {}, prefill, decode };
}

/** Two hosts by name. */
export async function hosts(stage: Stage): Promise<Fleet> {
  const decode = await simulators(stage);
  return {
    modelServers: { hosts: decode.map(({ port }) => `localhost:${port}`) },
    plan: {},
    prefill: [],
    decode,
  };
}

/** Two pods of a cluster that is played by hand, at addresses of their own. */
export async function pods(stage: Stage): Promise<Fleet> {
  const api = await FakeApi.start(stage.folder);
  stage.after(() => api.stop());
  const port = await freePort();
  const ips = ['127.0.0.2', '127.0.0.3'];
  const labels = { app: 'm' };
  const decode = await Promise.all(
    ips.map((host) => startSimulator(own(stage), 'both', { host, port })),
  );
  for (const ip of ips) {
    await api.putPod({ name: `m-${ip.at(-1)}`, namespace: NAMESPACE, ip, labels });
  }
  const { name, group } = { name: 'rel-tandem-standalone', group: 'inference.networking.k8s.io' };
  await api.putPool({ namespace: NAMESPACE, name, group, labels, ports: [port] });
  return {
    modelServers: { matchLabels: labels, targetPorts: [port] },
    plan: {
      servers: ips.map((ip) => `${ip}:${port}`),
      env: { KUBECONFIG: await api.kubeconfig('picker') },
    },
    prefill: [],
    decode,
  };
}

function simulators(stage: Stage, role = 'both'): Promise<SidecarProcess[]> {
  return Promise.all([startSimulator(own(stage), role), startSimulator(own(stage), role)]);
}

/** Programs without Envoy take any. */
function own(stage: Stage): Parameters<typeof startSimulator>[0] {
  return { ...stage, envoy: envoys()[0]! };
}

function entry(port: number, role?: string): object {
  const labels = role === undefined ? undefined : { 'llm-d.ai/role': role };
  return { name: `server-${port}`, address: '127.0.0.1', port, ...(labels && { labels }) };
}
