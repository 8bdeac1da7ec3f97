import type { KubernetesObject } from '../rig/helm.js';
import type { ChartCases, GoodCase } from '../chart-cases.js';
import { exampleOf, examplesOf } from '../rig/examples.js';
import { containersOf, has, podsOf, the, type FoundPod } from '../rig/objects.js';
import { must } from '../scenario.js';
import { REFUSED } from './tandem-gateway-refused.js';

const PODS = { modelServers: { matchLabels: { app: 'm' } } };
const PARENTS = { parentRefs: [{ name: 'inference-gateway', namespace: 'gateways' }] };
const ROUTE = { create: true, ...PARENTS };
const CANARY = { otherPools: [{ name: 'canary', weight: 10 }], weight: 90 };

function pickerOf(objects: readonly KubernetesObject[]): FoundPod {
  return podsOf(objects).find(({ of }) => of.startsWith('Deployment '))!;
}

const good: readonly GoodCase[] = [
  {
    name: 'a pool and its picker',
    values: PODS,
    expect: (objects) => {
      const pool = the(objects, 'InferencePool');
      must(pool.metadata.name === 'rel', 'the pool is not called as the release');
      const { endpointPickerRef } = pool['spec'];
      const { ports } = the(objects, 'Service', endpointPickerRef.name)['spec'];
      const [{ port, targetPort }] = ports;
      must(port === endpointPickerRef.port.number, 'the pool says another port than the Service');
      must(targetPort === 'grpc', `gateways are led to ${targetPort}`);
      must(!has(objects, 'HTTPRoute'), 'there is a route that nobody asked for');
      const pod = pickerOf(objects);
      must(pod.spec.terminationGracePeriodSeconds === 315, 'the grace period is another');
      const [{ args, lifecycle }] = containersOf(pod);
      must(args.includes('--drain-timeout=300s'), `it drains otherwise: ${args.join(' ')}`);
      must(lifecycle.preStop.sleep.seconds === 10, 'it ends before gateways know');
    },
  },
  {
    name: 'a route',
    values: { ...PODS, httpRoute: { ...ROUTE, hostnames: ['llm.example.com'], baseModel: 'm' } },
    expect: (objects) => {
      const [rule] = the(objects, 'HTTPRoute')['spec'].rules;
      must(rule.backendRefs[0].weight === undefined, 'a single pool has a weight');
      must(
        rule.matches[0].headers[0].name === 'X-Gateway-Base-Model-Name',
        'no model is asked for',
      );
      must(rule.timeouts.request === '300s', 'requests have no limit');
    },
  },
  {
    name: 'a canary',
    values: { ...PODS, httpRoute: { ...ROUTE, ...CANARY } },
    expect: (objects) => {
      const [{ backendRefs }] = the(objects, 'HTTPRoute')['spec'].rules;
      const shares = backendRefs.map((ref: { name: string; weight: number }) => [
        ref.name,
        ref.weight,
      ]);
      must(JSON.stringify(shares) === '[["rel",90],["canary",10]]', JSON.stringify(shares));
    },
  },
  ...['canary-stable.yaml', 'canary.yaml'].map((file): GoodCase => ({
    name: `a gateway that asks the picker of ${file} by TLS`,
    values: exampleOf('tandem-gateway', file),
    expect: (objects) => {
      const { host } = the(objects, 'DestinationRule')['spec'];
      must(host.startsWith('rel-tandem-gateway-picker.'), 'another host is asked by TLS');
    },
  })),
  {
    name: 'a canary that gets all',
    values: { ...PODS, httpRoute: { ...ROUTE, ...CANARY, weight: 0 } },
    expect: (objects) => {
      const [{ backendRefs }] = the(objects, 'HTTPRoute')['spec'].rules;
      must(backendRefs[0].weight === 0, 'weight 0 is lost');
    },
  },
  {
    name: 'objectives and model rewrites',
    values: {
      ...PODS,
      inferenceObjectives: [
        { name: 'chat', priority: 10 },
        { name: 'batch', priority: -1 },
      ],
      inferenceModelRewrites: [
        {
          name: 'next',
          rules: [
            {
              matches: [{ model: { type: 'Exact', value: 'm' } }],
              targets: [
                { modelRewrite: 'm-1', weight: 9 },
                { modelRewrite: 'm-2', weight: 1 },
              ],
            },
          ],
        },
      ],
    },
    expect: (objects) => {
      must(the(objects, 'InferenceObjective', 'batch')['spec'].priority === -1, 'no priority');
      const { poolRef } = the(objects, 'InferenceModelRewrite')['spec'];
      must(poolRef.name === 'rel', `it is of pool ${poolRef.name}`);
    },
  },
  {
    name: 'a pool that is there',
    values: { inferencePool: { create: false, name: 'there' } },
    expect: (objects) => {
      must(!has(objects, 'InferencePool'), 'it is made again');
      const [{ args }] = containersOf(pickerOf(objects));
      must(args.includes('--pool-name=there'), `it watches another: ${args.join(' ')}`);
      const { rules } = the(objects, 'Role');
      must(JSON.stringify(rules).includes('"resourceNames":["there"]'), 'the Role is of another');
    },
  },
  {
    name: 'Istio',
    values: { ...PODS, provider: { name: 'istio' } },
    expect: (objects) => {
      const { host, trafficPolicy } = the(objects, 'DestinationRule')['spec'];
      must(host === 'rel-tandem-gateway-picker.inference.svc.cluster.local', host);
      must(trafficPolicy.tls.insecureSkipVerify === true, 'nobody signs the certificate');
    },
  },
  {
    name: 'Istio that verifies',
    values: {
      ...PODS,
      picker: { tls: { secretName: 'picker-tls' } },
      provider: {
        name: 'istio',
        istio: {
          trafficPolicy: { tls: { insecureSkipVerify: false, caCertificates: '/etc/ca.crt' } },
        },
      },
    },
    expect: (objects) => {
      const { tls } = the(objects, 'DestinationRule')['spec'].trafficPolicy;
      must(tls.mode === 'SIMPLE' && tls.insecureSkipVerify === false, JSON.stringify(tls));
      const [{ args }] = containersOf(pickerOf(objects));
      must(args.includes('--enable-cert-reload=true'), 'a new certificate is not read');
    },
  },
  {
    name: 'Istio without TLS',
    values: { ...PODS, picker: { tls: { enabled: false } }, provider: { name: 'istio' } },
    expect: (objects) => must(!has(objects, 'DestinationRule'), 'Istio is told of TLS'),
  },
  {
    name: 'GKE',
    values: { ...PODS, httpRoute: { ...ROUTE, requestTimeout: '20m' }, provider: { name: 'gke' } },
    expect: (objects) => {
      must(the(objects, 'HTTPRoute')['spec'].rules[0].timeouts === undefined, 'timeouts');
      const { default: policy, targetRef } = the(objects, 'GCPBackendPolicy')['spec'];
      must(policy.timeoutSec === 1200, `requests may take ${policy.timeoutSec} s`);
      must(targetRef.name === 'rel', `the policy is of ${targetRef.name}`);
      the(objects, 'HealthCheckPolicy');
    },
  },
  { name: 'agentgateway', values: { ...PODS, provider: { name: 'agentgateway' } } },
  {
    name: 'all that can be switched on',
    values: {
      ...PODS,
      picker: {
        replicas: 3,
        plugins: 'prefill-decode',
        volumes: [{ name: 'v', emptyDir: {} }],
        volumeMounts: [{ name: 'v', mountPath: '/v' }],
        podLabels: { team: 'a' },
        podAnnotations: { a: 'b' },
        env: [{ name: 'OTEL_SDK_DISABLED', value: 'true' }],
        extraArgs: ['--explain'],
        service: { annotations: { a: 'b' } },
        priorityClassName: 'system-cluster-critical',
      },
      monitoring: { podMonitor: true, labels: { release: 'prometheus' } },
      networkPolicy: {
        enabled: true,
        from: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } },
          },
        ],
      },
      imagePullSecrets: [{ name: 'registry' }],
      test: { url: 'http://inference-gateway/', model: 'm' },
      serviceAccount: { annotations: { a: 'b' } },
    },
  },
];

export const GATEWAY: ChartCases = {
  chart: 'tandem-gateway',
  good: [...good, ...examplesOf('tandem-gateway')],
  refused: REFUSED,
};
