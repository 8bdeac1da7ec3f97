import type { GoodCase } from '../../chart-cases.js';
import { has, the } from '../../rig/objects.js';
import { must } from '../../scenario.js';
import { ACCESS } from './access.js';
import { ENGINES } from './engines.js';
import { EXAMPLES } from './examples.js';
import { engineOf, equal, hasArgs, podOf, portsOf, sidecarOf } from './pods.js';

/** Of containers that others bring: pods are tried in a restricted namespace. */
const RESTRICTED = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
};

const WHOLE: readonly GoodCase[] = [
  {
    name: 'defaults',
    expect: (objects) => {
      for (const kind of ['Role', 'InferencePool', 'NetworkPolicy', 'PodMonitor'])
        must(!has(objects, kind), `there is a ${kind}`);
      equal(the(objects, 'Deployment', 'decode')['spec'].progressDeadlineSeconds, 2400);
      const { spec } = podOf(objects, 'decode');
      equal(spec.terminationGracePeriodSeconds, 105);
      equal(podOf(objects, 'prefill').spec.terminationGracePeriodSeconds, 75);
      equal(engineOf(objects, 'decode').lifecycle, {
        preStop: { httpGet: { path: '/drain?seconds=10', port: 9090 } },
      });
      equal(engineOf(objects, 'prefill').lifecycle, { preStop: { sleep: { seconds: 10 } } });
    },
  },
  {
    name: 'numbers among resources, as the API server gives them back',
    values: { decode: { resources: { limits: { 'nvidia.com/gpu': 2, cpu: 0.5 } } } },
    expect: (objects) =>
      equal(engineOf(objects, 'decode').resources, {
        limits: { cpu: '0.5', 'nvidia.com/gpu': '2' },
      }),
  },
  { name: 'a dependency that is not left out', values: { enabled: true } },
  {
    name: 'a newer chart replaces no prefiller',
    expect: (objects) => {
      const { labels } = podOf(objects, 'prefill');
      const versions = Object.keys(labels).filter((name) => /version|chart/.test(name));
      equal(versions, []);
    },
  },
  { name: 'decoders alone', values: { prefill: { enabled: false } } },
  {
    name: 'an autoscaler',
    values: { decode: { replicas: null } },
    expect: (objects) =>
      must(!('replicas' in the(objects, 'Deployment', 'decode')['spec']), 'replicas are said'),
  },
  {
    name: 'arguments of llm-d',
    values: {
      sidecar: {
        args: ['-port=8000', '--vllm-port', '8200', '--connector=nixlv2', '--secure-proxy=false'],
        config: { 'shutdown-timeout': null },
      },
    },
    expect: (objects) =>
      equal(sidecarOf(objects).args, [
        '-port=8000',
        '--vllm-port',
        '8200',
        '--connector=nixlv2',
        '--secure-proxy=false',
      ]),
  },
  {
    name: 'what belongs to pods',
    values: {
      imagePullSecrets: [{ name: 'registry' }],
      serviceAccount: { create: false, name: 'models' },
      decode: {
        priorityClassName: 'serving',
        nodeSelector: { gpu: 'h200' },
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' },
        ],
        podSpec: { runtimeClassName: 'nvidia' },
        extraInitContainers: [{ name: 'fetch', image: 'fetch', securityContext: RESTRICTED }],
        extraContainers: [{ name: 'beside', image: 'beside', securityContext: RESTRICTED }],
      },
    },
    expect: (objects) => {
      must(!has(objects, 'ServiceAccount'), 'there is a ServiceAccount');
      const { spec } = podOf(objects, 'decode');
      equal(spec.serviceAccountName, 'models');
      equal(spec.runtimeClassName, 'nvidia');
      equal(
        spec.initContainers.map(({ name }: { name: string }) => name),
        ['routing-proxy', 'fetch'],
      );
      equal(spec.containers[1].name, 'beside');
    },
  },
  {
    name: 'data-parallel ranks',
    values: {
      sidecar: { config: { 'data-parallel-size': 2 } },
      monitoring: { podMonitor: true },
      inferencePool: { create: true },
    },
    expect: (objects) => {
      equal(portsOf(sidecarOf(objects)), {
        sidecar: 8000,
        'sidecar-1': 8001,
        'proxy-metrics': 9090,
      });
      const engine = engineOf(objects, 'decode');
      hasArgs(engine, '--data-parallel-multi-port-external-lb', '--data-parallel-size-local=2');
      equal(portsOf(engine)['model-server-1'], 8201);
      equal(engine.readinessProbe.httpGet, { path: '/health', port: 'supervisor' });
      equal(portsOf(engineOf(objects, 'prefill'))['model-server-1'], 8001);
      equal(the(objects, 'InferencePool')['spec'].targetPorts, [
        { number: 8000 },
        { number: 8001 },
      ]);
      equal(the(objects, 'PodMonitor', 'decode')['spec'].podMetricsEndpoints.length, 3);
    },
  },
];

export const GOOD: readonly GoodCase[] = [...WHOLE, ...ACCESS, ...ENGINES, ...EXAMPLES];
