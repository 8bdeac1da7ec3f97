import type { GoodCase } from '../../chart-cases.js';
import { the } from '../../rig/objects.js';
import { must } from '../../scenario.js';
import { engineOf, equal, hasArgs, podOf, sidecarOf } from './pods.js';

/** Who may do what, who reaches whom, and by which certificates. */
export const ACCESS: readonly GoodCase[] = [
  {
    name: 'SSRF protection',
    values: {
      sidecar: { config: { 'enable-ssrf-protection': true } },
      inferencePool: { name: 'pool', namespace: 'models' },
    },
    expect: (objects) => {
      must(the(objects, 'Role').metadata.namespace === 'models', 'the Role is not at the pool');
      hasArgs(sidecarOf(objects), '--inference-pool=models/pool');
      hasArgs(sidecarOf(objects), '--pool-group=inference.networking.k8s.io');
      const { spec } = podOf(objects, 'decode');
      equal(spec.automountServiceAccountToken, false);
      equal(sidecarOf(objects).volumeMounts[0].name, 'api-access');
      const mounts = engineOf(objects, 'decode').volumeMounts.map(
        ({ name }: { name: string }) => name,
      );
      must(!mounts.includes('api-access'), 'the model server has a token, too');
    },
  },
  {
    name: 'a pool of its own',
    values: {
      sidecar: { config: { 'prefiller-discovery': true } },
      inferencePool: { create: true, picker: { service: 'picker' } },
    },
    expect: (objects) => {
      const pool = the(objects, 'InferencePool');
      const { matchLabels } = pool['spec'].selector;
      for (const role of ['decode', 'prefill']) {
        const { labels } = podOf(objects, role);
        for (const [name, value] of Object.entries(matchLabels)) equal(labels[name], value);
      }
      const test = the(objects, 'Pod', 'test').metadata.labels!;
      must(
        Object.entries(matchLabels).some(([name, value]) => test[name] !== value),
        'the pool takes the pod of helm test for a model server',
      );
      equal(the(objects, 'Role')['rules'][0].resourceNames, [pool.metadata.name]);
      equal(pool['spec'].endpointPickerRef.failureMode, 'FailClose');
    },
  },
  {
    name: 'a pool without a picker',
    values: { inferencePool: { create: true } },
    expect: (objects) => equal(the(objects, 'InferencePool')['spec'].endpointPickerRef, undefined),
  },
  {
    name: 'network policies',
    values: {
      networkPolicy: { enabled: true, from: [{ namespaceSelector: {} }] },
    },
    expect: (objects) => {
      const [requests, metrics, peers] = the(objects, 'NetworkPolicy', 'decode')['spec'].ingress;
      equal(requests.ports, [{ port: 8000 }]);
      equal(requests.from.length, 2);
      equal(metrics.ports, [{ port: 9090 }]);
      equal(peers.ports, undefined);
      equal(the(objects, 'NetworkPolicy', 'prefill')['spec'].ingress.length, 2);
    },
  },
  {
    name: 'network policies and Prometheus',
    values: {
      networkPolicy: {
        enabled: true,
        from: [{ namespaceSelector: {} }],
        metricsFrom: [{ podSelector: {} }],
        peers: [{ podSelector: { matchLabels: { app: 'prefill' } } }],
      },
      monitoring: { podMonitor: true },
    },
    expect: (objects) =>
      equal(the(objects, 'NetworkPolicy', 'decode')['spec'].ingress[1].ports, [
        { port: 9090 },
        { port: 8200 },
      ]),
  },
  {
    name: 'TLS to clients and to prefillers',
    values: {
      sidecar: { tls: { secretName: 'front' }, trust: { configMap: 'ca' } },
      prefill: { tls: { secretName: 'prefill' } },
      monitoring: { podMonitor: true },
    },
    expect: (objects) => {
      const wanted = [
        '--secure-proxy=true',
        '--cert-path=/etc/tandem/tls',
        '--enable-tls=prefiller',
      ];
      hasArgs(sidecarOf(objects), ...wanted, '--ca-cert=/etc/tandem/trust/ca.crt');
      equal(sidecarOf(objects).livenessProbe.httpGet, { path: '/health', port: 'proxy-metrics' });
      const engine = engineOf(objects, 'prefill');
      hasArgs(engine, '--ssl-certfile=/etc/tandem/tls/tls.crt');
      equal(engine.readinessProbe.httpGet.scheme, 'HTTPS');
      equal(engineOf(objects, 'decode').readinessProbe.httpGet.scheme, undefined);
      const [endpoint] = the(objects, 'PodMonitor', 'prefill')['spec'].podMetricsEndpoints;
      equal(endpoint.scheme, 'https');
    },
  },
];
