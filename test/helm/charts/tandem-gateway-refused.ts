import type { RefusedCase } from '../chart-cases.js';

const PODS = { modelServers: { matchLabels: { app: 'm' } } };
const ROUTE = { create: true, parentRefs: [{ name: 'inference-gateway' }] };

/** Values that tandem-gateway refuses. */
export const REFUSED: readonly RefusedCase[] = [
  { name: 'no labels', values: {}, says: ['modelServers.matchLabels is empty'] },
  {
    name: 'an unknown value',
    values: { ...PODS, replicas: 2 },
    says: ['replicas'],
  },
  {
    name: 'the failure mode that llm-d writes of',
    values: { ...PODS, inferencePool: { failureMode: 'FailClosed' } },
    says: ['failureMode', 'FailClose'],
  },
  {
    name: 'a preset that there is not',
    values: { ...PODS, picker: { plugins: 'pd' } },
    says: ['picker.plugins is pd', 'prefill-decode'],
  },
  {
    name: 'a pool by a flag',
    values: { ...PODS, picker: { config: { 'pool-name': 'p' } } },
    says: ['picker.config.pool-name', 'inferencePool.name'],
  },
  {
    name: 'static hosts',
    values: { ...PODS, picker: { config: { 'static-hosts': ['a:1'] } } },
    says: ['picker.config.static-hosts', 'tandem-standalone'],
  },
  {
    name: 'a grace period that cuts streams',
    values: { ...PODS, picker: { terminationGracePeriodSeconds: 30 } },
    says: ['picker.terminationGracePeriodSeconds', 'may need 315 s'],
  },
  {
    name: 'a route to nowhere',
    values: { ...PODS, httpRoute: { create: true } },
    says: ['httpRoute.parentRefs is empty'],
  },
  {
    name: 'weights that add to nothing',
    values: {
      ...PODS,
      httpRoute: { ...ROUTE, weight: 0, otherPools: [{ name: 'canary', weight: 0 }] },
    },
    says: ['httpRoute.weight', 'all 0'],
  },
  {
    name: 'the own pool as another one',
    values: { ...PODS, httpRoute: { ...ROUTE, otherPools: [{ name: 'rel', weight: 1 }] } },
    says: ['httpRoute.otherPools', 'rel is there twice', 'httpRoute.weight'],
  },
  {
    name: 'agentgateway without TLS',
    values: { ...PODS, picker: { tls: { enabled: false } }, provider: { name: 'agentgateway' } },
    says: ['picker.tls.enabled', 'agentgateway'],
  },
  {
    name: 'agentgateway with a list of endpoints',
    values: {
      ...PODS,
      picker: {
        plugins: { plugins: [{ type: 'max-score-picker', parameters: { maxNumOfEndpoints: 3 } }] },
      },
      provider: { name: 'agentgateway' },
    },
    says: ['maxNumOfEndpoints 3', 'agentgateway takes one'],
  },
  {
    name: 'GKE without a limit',
    values: { ...PODS, httpRoute: { requestTimeout: '0s' }, provider: { name: 'gke' } },
    says: ['httpRoute.requestTimeout', 'gke'],
  },
  {
    name: 'values of another provider',
    values: { ...PODS, provider: { istio: { trafficPolicy: { tls: { mode: 'DISABLE' } } } } },
    says: ['provider.istio.trafficPolicy', 'provider.name is none'],
  },
  {
    name: "labels of the picker's own pods",
    values: { modelServers: { matchLabels: { 'app.kubernetes.io/instance': 'rel' } } },
    says: ['modelServers.matchLabels', "the picker's own pods"],
  },
  {
    name: 'a port twice',
    values: { ...PODS, picker: { ports: { metrics: 9002 } } },
    says: ['picker.ports.metrics', 'picker.ports.grpc'],
  },
  {
    name: 'weights of some models',
    values: {
      ...PODS,
      inferenceModelRewrites: [
        {
          name: 'r',
          rules: [{ targets: [{ modelRewrite: 'a', weight: 1 }, { modelRewrite: 'b' }] }],
        },
      ],
    },
    says: ['inferenceModelRewrites', 'a rule of r'],
  },
  {
    name: 'plugins as a text',
    values: { ...PODS, picker: { plugins: 'plugins:\n- type: queue-scorer\n' } },
    says: ['picker.plugins is a text', 'as a map'],
  },
  {
    name: 'another discovery',
    values: {
      ...PODS,
      picker: { plugins: { dataLayer: { discovery: { pluginRef: 'file-discovery' } } } },
    },
    says: ['picker.plugins.dataLayer.discovery', 'InferencePool'],
  },
  {
    name: 'the model twice',
    values: {
      ...PODS,
      httpRoute: { ...ROUTE, baseModel: 'm', headers: { 'x-gateway-base-model-name': 'm' } },
    },
    says: ['httpRoute.baseModel', 'httpRoute.headers'],
  },
  {
    name: "GKE's preferred backends",
    values: { ...PODS, provider: { name: 'gke', gke: { preferredBackends: { enabled: true } } } },
    says: ['provider.gke.preferredBackends', 'all pickers work'],
  },
  {
    name: "GKE's autopilot, and flags of llm-d's picker",
    values: {
      ...PODS,
      picker: { config: { v: 1, 'zap-encoder': 'json', 'ha-enable-leader-election': true } },
      provider: { name: 'gke', gke: { autopilot: true } },
    },
    says: [
      'provider.gke.autopilot: leave it out',
      'picker.config.v: give picker.config.log-level',
      'picker.config.zap-encoder: give picker.config.log-format',
      'picker.config.ha-enable-leader-election: leave it out',
    ],
  },
  {
    name: "values of llm-d's chart",
    values: { router: { modelServers: { matchLabels: { app: 'm' } }, epp: { replicas: 2 } } },
    says: [
      'router.modelServers.matchLabels: give modelServers.matchLabels',
      'router.epp.replicas: give picker.replicas',
    ],
  },
  {
    name: 'values of the chart before it',
    values: {
      inferenceExtension: { replicas: 2 },
      inferencePool: { modelServers: { matchLabels: { app: 'm' } } },
      experimentalHttpRoute: { enabled: true },
    },
    says: [
      'inferenceExtension: give picker',
      'inferencePool.modelServers',
      'experimentalHttpRoute',
    ],
  },
];
