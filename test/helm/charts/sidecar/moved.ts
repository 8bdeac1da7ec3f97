import type { RefusedCase } from '../../chart-cases.js';

/** Values that have other names here, refused with these. */
export const MOVED: readonly RefusedCase[] = [
  {
    name: "values of llm-d's chart of model servers",
    values: {
      multinode: false,
      modelArtifacts: { name: 'm', uri: 'hf://m', size: '5Mi' },
      routing: { servicePort: 8000, proxy: { connector: 'nixlv2', secure: false } },
      decode: { create: true, containers: [{ name: 'vllm' }] },
      prefill: { create: true, parallelism: { tensor: 2 } },
    },
    says: [
      'modelArtifacts.name: give modelServer.model',
      'routing.proxy.connector: give sidecar.config.kv-connector',
      'decode.containers: give modelServer.image',
      'prefill.create: give prefill.enabled',
      'prefill.parallelism: give prefill.extraArgs',
    ],
  },
  {
    name: 'an older name of a setting',
    values: { sidecar: { config: { 'vllm-port': 8200 } } },
    says: ['sidecar.config.vllm-port: give sidecar.config.model-server-port'],
  },
];
