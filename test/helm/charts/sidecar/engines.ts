import type { GoodCase } from '../../chart-cases.js';
import { must } from '../../scenario.js';
import { engineOf, envOf, equal, hasArgs, podOf, portsOf } from './pods.js';

/** Connectors and engines. */
export const ENGINES: readonly GoodCase[] = [
  {
    name: 'vLLM and Mooncake',
    values: { sidecar: { config: { 'kv-connector': 'mooncake' } } },
    expect: (objects) => {
      const decode = engineOf(objects, 'decode');
      const prefill = engineOf(objects, 'prefill');
      hasArgs(
        decode,
        '--kv-transfer-config={"kv_connector":"MooncakeConnector","kv_role":"kv_consumer"}',
      );
      hasArgs(
        prefill,
        '--kv-transfer-config={"kv_connector":"MooncakeConnector","kv_role":"kv_producer"}',
      );
      equal(envOf(prefill, 'VLLM_MOONCAKE_BOOTSTRAP_PORT'), '8998');
      equal(envOf(decode, 'VLLM_MOONCAKE_BOOTSTRAP_PORT'), undefined);
    },
  },
  {
    name: 'vLLM and its P2P tier',
    values: {
      sidecar: { config: { 'kv-connector': 'offloading', 'p2p-connector-port': 7000 } },
      modelServer: { kvTransferConfig: { kv_connector: 'OffloadingConnector' } },
    },
    expect: (objects) => {
      const decode = engineOf(objects, 'decode');
      equal(envOf(decode, 'VLLM_P2P_SIDE_CHANNEL_PORT'), '7000');
      hasArgs(decode, '--kv-transfer-config={"kv_connector":"OffloadingConnector"}');
    },
  },
  {
    name: 'roles with parameters of their own',
    values: { prefill: { kvTransferConfig: { kv_connector: 'X' } } },
    expect: (objects) => {
      hasArgs(engineOf(objects, 'prefill'), '--kv-transfer-config={"kv_connector":"X"}');
      hasArgs(
        engineOf(objects, 'decode'),
        '--kv-transfer-config={"kv_connector":"NixlConnector","kv_role":"kv_both"}',
      );
    },
  },
  {
    name: 'vLLM without a connector',
    values: { prefill: { enabled: false }, modelServer: { kvTransferConfig: null } },
    expect: (objects) =>
      must(!engineOf(objects, 'decode').args.join().includes('kv-transfer'), 'there is one'),
  },
  {
    name: 'another engine',
    values: {
      sidecar: { config: { 'kv-connector': 'sglang' } },
      modelServer: {
        engine: 'other',
        image: { repository: 'sglang', tag: 'v1' },
        command: ['serve'],
        args: ['--port=$(MODEL_SERVER_PORT)'],
      },
    },
    expect: (objects) => {
      const decode = engineOf(objects, 'decode');
      equal(
        [decode.name, decode.command, decode.args],
        ['model-server', ['serve'], ['--port=$(MODEL_SERVER_PORT)']],
      );
      equal(envOf(decode, 'MODEL_SERVER_PORT'), '8200');
      equal(envOf(engineOf(objects, 'prefill'), 'MODEL_SERVER_PORT'), '8000');
    },
  },
  {
    name: 'weights and a cache from claims',
    values: {
      modelServer: {
        model: '/weights/qwen',
        servedModelName: 'qwen',
        cache: { persistentVolumeClaim: 'cache' },
        volumes: [{ name: 'weights', persistentVolumeClaim: { claimName: 'weights' } }],
        volumeMounts: [{ name: 'weights', mountPath: '/weights', readOnly: true }],
        tokenSecret: { name: 'hf' },
      },
    },
    expect: (objects) => {
      const { volumes } = podOf(objects, 'prefill').spec;
      equal(
        volumes.map(({ name }: { name: string }) => name),
        ['shared-memory', 'cache', 'weights'],
      );
    },
  },
  {
    name: 'simulators',
    values: { modelServer: { engine: 'simulator' } },
    expect: (objects) => {
      hasArgs(engineOf(objects, 'decode'), '--shutdown-timeout=60', '--role=decode');
      equal(podOf(objects, 'prefill').spec.volumes, undefined);
    },
  },
  {
    name: 'simulators of data-parallel ranks',
    values: {
      modelServer: { engine: 'simulator' },
      sidecar: { config: { 'data-parallel-size': 2 } },
    },
    expect: (objects) => {
      const { containers } = podOf(objects, 'decode').spec;
      equal(containers.map(portsOf), [
        { 'model-server': 8200, 'side-channel': 5600 },
        { 'model-server-1': 8201, 'side-channel-1': 5601 },
      ]);
    },
  },
  ...['mooncake', 'moriio', 'sglang', 'offloading', 'shared-storage'].map((connector) => ({
    name: `simulators and ${connector}`,
    values: {
      modelServer: { engine: 'simulator' },
      sidecar: { config: { 'kv-connector': connector } },
    },
  })),
];
