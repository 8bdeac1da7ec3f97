import type { RefusedCase } from '../../chart-cases.js';

/** A sidecar's settings, refused. */
function settings(name: string, config: object, ...says: string[]): RefusedCase {
  return { name, values: { sidecar: { config } }, says };
}

export const REFUSED: readonly RefusedCase[] = [
  {
    name: 'what only a chart that depends on it says',
    values: { enabled: false },
    says: ['enabled is false', 'condition: tandem-sidecar.enabled'],
  },
  { name: 'an unknown value', values: { replicas: 2 }, says: ['replicas'] },
  settings('an unknown setting', { 'kv-conector': 'nixlv2' }, 'kv-conector'),
  { name: 'a number that is none', values: { decode: { replicas: 'two' } }, says: ['replicas'] },
  settings(
    'SSRF protection without a pool',
    { 'enable-ssrf-protection': true },
    'inferencePool.name',
    'enable-ssrf-protection',
    'inferencePool.create true',
  ),
  settings('a pool said twice', { 'inference-pool': 'a/b' }, 'say it as inferencePool.name'),
  settings('no port for probes', { 'metrics-port': 0 }, 'metrics-port is 0'),
  settings('the loopback', { 'bind-address': '127.0.0.1' }, 'bind-address', 'leave it out'),
  settings(
    'a log file on a read-only system',
    { 'log-file': '/log/x', logtostderr: false },
    'sidecar.volumeMounts',
  ),
  settings(
    'ports that overlap',
    { 'data-parallel-size': 4, 'model-server-port': 8002 },
    'sidecar.config.model-server-port takes port 8002-8005',
    'sidecar.config.port port 8000-8003',
  ),
  settings(
    'a metrics port among the ranks',
    { 'data-parallel-size': 2, 'metrics-port': 8201 },
    'metrics-port takes port 8201',
  ),
  settings('a side channel that is taken', { 'metrics-port': 5600 }, 'modelServer.sideChannelPort'),
  settings(
    'ports that do not exist',
    { 'data-parallel-size': 8, port: 65530 },
    'its last port would be 65537',
  ),
  settings(
    'a connector that vLLM does not speak',
    { 'kv-connector': 'sglang' },
    'modelServer.engine to other',
  ),
  settings(
    'a connector with parameters that nobody gave',
    { 'kv-connector': 'offloading' },
    'modelServer.kvTransferConfig is empty',
  ),
  {
    name: 'arguments and settings that differ',
    values: { sidecar: { args: ['--vllm-port=8201'] } },
    says: ['--model-server-port=8201', 'sidecar.config.model-server-port is 8200'],
  },
  {
    name: 'arguments that the chart cannot see',
    values: { sidecar: { args: ['--configuration={port: 1}'] } },
    says: ['--configuration', 'sidecar.config'],
  },
  {
    name: 'TLS and no TLS',
    values: { sidecar: { tls: { secretName: 'x' }, config: { 'secure-proxy': false } } },
    says: ['sidecar.tls.secretName', 'secure-proxy'],
  },
  {
    name: 'trust from two places',
    values: { sidecar: { trust: { configMap: 'a', secret: 'b' } } },
    says: ['sidecar.trust.configMap', 'one of them'],
  },
  {
    name: 'TLS of simulators',
    values: { modelServer: { engine: 'simulator' }, prefill: { tls: { secretName: 'x' } } },
    says: ['prefill.tls.secretName', 'simulator'],
  },
  {
    name: 'a grace period that cuts streams',
    values: { terminationGracePeriodSeconds: 30 },
    says: ['terminationGracePeriodSeconds', 'may need 75 s to end'],
  },
  {
    name: 'a pool for pods elsewhere',
    values: { inferencePool: { create: true, namespace: 'elsewhere' } },
    says: ['inferencePool.namespace', 'inferencePool.create to false'],
  },
  {
    name: 'a pool of an old group',
    values: { inferencePool: { create: true, group: 'inference.networking.x-k8s.io' } },
    says: ['inferencePool.group'],
  },
  {
    name: 'a pool of nine ranks',
    values: {
      inferencePool: { create: true },
      sidecar: { config: { 'data-parallel-size': 9 } },
    },
    says: ['8 ports at most'],
  },
  {
    name: 'a picker of no pool',
    values: { inferencePool: { picker: { service: 'x' } } },
    says: ['inferencePool.create'],
  },
  {
    name: 'an engine without arguments',
    values: { modelServer: { engine: 'other' } },
    says: ['modelServer.args', 'MODEL_SERVER_PORT'],
  },
  {
    name: 'arguments in place of those of vLLM',
    values: { modelServer: { args: ['x'] } },
    says: ['modelServer.args', 'modelServer.extraArgs'],
  },
  {
    name: 'a policy that lets nobody in',
    values: { networkPolicy: { enabled: true } },
    says: ['networkPolicy.from is empty'],
  },
  {
    name: 'a Prometheus that is kept out',
    values: {
      networkPolicy: { enabled: true, from: [{ podSelector: {} }] },
      monitoring: { podMonitor: true },
    },
    says: ['networkPolicy.metricsFrom'],
  },
  {
    name: 'a member of the pod that has a value',
    values: { decode: { podSpec: { nodeSelector: {} } } },
    says: ['decode.podSpec.nodeSelector'],
  },
];
