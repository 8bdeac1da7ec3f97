import type { Values } from '../rig/helm.js';

const ACCESS = {
  monitoring: { podMonitor: true },
  networkPolicy: {
    enabled: true,
    from: [{ podSelector: {} }],
    metricsFrom: [{ podSelector: {} }],
  },
};
/** How requests come from outside the cluster. */
const OUTSIDE = {
  ingress: { enabled: true, hosts: ['llm.example.com'] },
  httpRoute: { enabled: true, parentRefs: [{ name: 'inference-gateway' }] },
};
const PODS = { modelServers: { matchLabels: { app: 'vllm' } } };

/** Values that switch parts of a chart on. */
export interface Whole {
  readonly values: Values;
  /** The values that mean something else than in those before, by their first names; without them, all. */
  readonly of?: readonly string[];
}

/** What together switches all of a chart on, so that each of its values is in what is rendered. By charts' names. */
export const WHOLE: Readonly<Record<string, readonly Whole[]>> = {
  'tandem-sidecar': [
    {
      values: {
        ...ACCESS,
        sidecar: {
          config: { 'enable-ssrf-protection': true },
          tls: { secretName: 'tls' },
          trust: { configMap: 'trust' },
        },
        inferencePool: { create: true, picker: { service: 'picker' } },
        modelServer: { tokenSecret: { name: 'token' } },
        prefill: { tls: { secretName: 'tls' } },
      },
    },
    { values: { modelServer: { engine: 'simulator' } }, of: ['modelServer', 'sidecar'] },
  ],
  'tandem-router': [
    {
      values: {
        ...ACCESS,
        workers: { selector: { app: 'vllm' } },
        keys: { clients: { secret: 'k' }, admin: { secret: 'k' }, workers: { secret: 'k' } },
        autoscaling: { enabled: true },
        ...OUTSIDE,
        monitoring: { serviceMonitor: true },
      },
    },
  ],
  'tandem-gateway': [
    {
      values: {
        ...ACCESS,
        ...PODS,
        httpRoute: { create: true, parentRefs: [{ name: 'inference-gateway' }] },
        provider: { name: 'istio' },
      },
    },
    { values: { ...PODS, provider: { name: 'gke' } }, of: ['provider'] },
  ],
  'tandem-standalone': [
    { values: { ...ACCESS, ...PODS, ...OUTSIDE, inferencePool: { create: true } } },
    {
      values: { ...ACCESS, ...PODS, proxy: { mode: 'service', autoscaling: { enabled: true } } },
      of: ['picker', 'proxy'],
    },
  ],
};
