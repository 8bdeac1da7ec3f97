import type { ChartCases } from '../chart-cases.js';
import { examplesOf } from '../rig/examples.js';
import { containersOf, has, podsOf, the } from '../rig/objects.js';
import { must } from '../scenario.js';

const PODS = { modelServers: { matchLabels: { app: 'm' } } };
const ENDPOINTS = {
  modelServers: {
    endpoints: [
      { name: 'a', address: '10.0.0.1', port: 8000, labels: { 'llm-d.ai/role': 'decode' } },
      { name: 'b', address: '10.0.0.2', port: 8000, labels: { 'llm-d.ai/role': 'prefill' } },
    ],
  },
};
const HOSTS = {
  modelServers: {
    hosts: ['vllm-a:8000', 'vllm-b:8000'],
    models: ['m', 'p|q'],
    routes: [{ name: 'chat-route', model: 'm', path_prefix: '/v1/chat' }],
  },
  picker: { config: { 'routing-logic': 'least_outstanding_requests' } },
};
const SERVICE = { proxy: { mode: 'service' } };

export const STANDALONE: ChartCases = {
  chart: 'tandem-standalone',
  good: [
    ...examplesOf('tandem-standalone'),
    {
      name: 'an Ingress and an HTTPRoute',
      values: {
        ...PODS,
        service: { port: 8080 },
        ingress: { enabled: true, hosts: ['llm.example.com'] },
        httpRoute: { enabled: true, parentRefs: [{ name: 'gateway' }] },
      },
      expect: (objects) => {
        const service = the(objects, 'Service', '-tandem-standalone').metadata.name;
        const [rule] = the(objects, 'Ingress')['spec'].rules;
        const { name, port } = rule.http.paths[0].backend.service;
        must(
          name === service && port.number === 8080,
          `the Ingress leads to ${name}:${port.number}`,
        );
        const [backend] = the(objects, 'HTTPRoute')['spec'].rules[0].backendRefs;
        must(backend.name === service && backend.port === 8080, 'the route leads elsewhere');
      },
    },
    {
      name: 'pods, Envoy beside the picker',
      values: PODS,
      expect: (objects) => {
        const [pod] = podsOf(objects);
        must(pod!.spec.initContainers[0].restartPolicy === 'Always', 'the picker is no sidecar');
        must(pod!.spec.terminationGracePeriodSeconds === 315, 'the grace period is another');
        const [picker, envoy] = containersOf(pod!);
        must(JSON.stringify(picker.volumeMounts).includes('api-access'), 'the picker has no token');
        must(!JSON.stringify(envoy.volumeMounts).includes('api-access'), 'Envoy has a token');
        const { 'envoy.yaml': config } = the(objects, 'ConfigMap', 'rel-tandem-standalone')['data'];
        must(config.includes('.svc.cluster.local."'), 'a name is looked for in search domains');
      },
    },
    {
      name: 'pods, Envoy apart',
      values: { ...PODS, proxy: { ...SERVICE.proxy, replicas: 2 }, picker: { replicas: 2 } },
      expect: (objects) => {
        const deployments = objects.filter(({ kind }) => kind === 'Deployment');
        must(deployments.length === 2, 'there are not two Deployments');
        the(objects, 'Service', '-picker');
      },
    },
    {
      name: 'an InferencePool',
      values: { ...PODS, inferencePool: { create: true } },
      expect: (objects) => {
        const { endpointPickerRef } = the(objects, 'InferencePool')['spec'];
        the(objects, 'Service', endpointPickerRef.name);
      },
    },
    {
      name: 'clients by IPv4 and IPv6',
      values: {
        ...PODS,
        proxy: { bindAddress: '::' },
        service: { ipFamilyPolicy: 'PreferDualStack' },
      },
      expect: (objects) => {
        const { ipFamilyPolicy } = the(objects, 'Service', 'rel-tandem-standalone')['spec'];
        must(ipFamilyPolicy === 'PreferDualStack', 'the Service has one family');
      },
    },
    {
      name: 'a cluster that gives users',
      values: { ...PODS, proxy: { securityContext: { runAsUser: null } } },
      expect: (objects) => {
        const [, envoy] = containersOf(podsOf(objects)[0]!);
        must(!('runAsUser' in envoy.securityContext), 'Envoy has a user');
        must(envoy.securityContext.runAsNonRoot === true, 'Envoy may be root');
      },
    },
    { name: 'a pool that is there', values: { ...PODS, inferencePool: { name: 'pool' } } },
    {
      name: 'pods of several roles',
      values: { modelServers: { ...PODS.modelServers, directRoles: ['decode', 'both'] } },
      expect: (objects) => {
        const { clusterIP } = the(objects, 'Service', '-servers-decode')['spec'];
        must(clusterIP === 'None', 'DNS tells Envoy no pods');
        the(objects, 'Service', '-servers-both');
      },
    },
    {
      name: 'a list of endpoints',
      values: ENDPOINTS,
      expect: (objects) => {
        must(!has(objects, 'Role'), 'there is a Role for nothing');
        const { 'envoy.yaml': envoy } = the(objects, 'ConfigMap', 'rel-tandem-standalone')['data'];
        must(envoy.includes('10.0.0.1') && !envoy.includes('10.0.0.2'), 'Envoy knows prefillers');
      },
    },
    { name: 'hosts', values: HOSTS },
    { name: 'hosts, Envoy apart', values: { ...HOSTS, ...SERVICE } },
    {
      name: 'original-dst, full duplex',
      values: { ...PODS, proxy: { routing: 'original-dst', requestBody: 'full-duplex' } },
      expect: (objects) => {
        const services = objects.filter(({ kind }) => kind === 'Service');
        must(services.length === 1, 'there are Services that nobody asks for');
      },
    },
    {
      name: 'all that may be switched on',
      values: {
        ...PODS,
        proxy: {
          ...SERVICE.proxy,
          failOpen: true,
          bindAddress: '::',
          autoscaling: { enabled: true },
          extraArgs: ['--service-node', 'envoy-proxy'],
        },
        picker: { tls: { secretName: 'picker-tls' }, podLabels: { tier: 'routing' } },
        monitoring: { podMonitor: true },
        networkPolicy: { enabled: true },
      },
      expect: (objects) => {
        must(!('replicas' in the(objects, 'Deployment', 'standalone')['spec']), 'replicas are set');
        const opened = (end: string): string =>
          JSON.stringify(the(objects, 'NetworkPolicy', end)['spec'].ingress);
        must(opened('-proxy').includes('8081'), 'clients are kept out');
        must(opened('-picker').includes('9002'), 'Envoy is kept out');
        const [{ port }] = the(objects, 'PodMonitor', '-proxy')['spec'].podMetricsEndpoints;
        must(port === 'operations', `Envoy's metrics are read at ${port}`);
      },
    },
    {
      name: 'a release with a long name, and roles',
      values: {
        fullnameOverride: 'the-release-of-a-team-that-likes-long-names-for-all',
        modelServers: { ...PODS.modelServers, directRoles: ['decode', 'encode-prefill-decode'] },
      },
      expect: (objects) => {
        const services = objects.filter(({ kind }) => kind === 'Service');
        const long = services.filter(({ metadata: { name } }) => name.length > 63);
        must(long.length === 0, `${long[0]?.metadata.name} is longer than 63`);
      },
    },
    {
      name: 'pods apart, resources without limits',
      values: {
        ...PODS,
        proxy: {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'DoNotSchedule',
            },
          ],
          resources: { limits: null },
        },
      },
      expect: (objects) => {
        const { spec, metadata } = the(objects, 'Deployment')['spec'].template;
        const [{ labelSelector }] = spec.topologySpreadConstraints;
        const component = labelSelector.matchLabels['app.kubernetes.io/component'];
        must(component === 'proxy', 'the constraint counts no pods');
        must(!('helm.sh/chart' in metadata.labels), 'another chart replaces pods');
        must(!('limits' in spec.containers[0].resources), 'limits are null');
      },
    },
    {
      name: 'an Envoy without selected_host_key',
      values: { ...PODS, proxy: { image: { tag: 'distroless-v1.36.2' } } },
      expect: (objects) => {
        const { 'envoy.yaml': envoy } = the(objects, 'ConfigMap', 'rel-tandem-standalone')['data'];
        must(!envoy.includes('selected_host_key'), 'it is there');
      },
    },
  ],
  refused: [
    {
      name: 'an Ingress without a Service',
      values: { ...PODS, service: { enabled: false }, ingress: { enabled: true, hosts: ['a'] } },
      says: ['ingress.enabled', 'service.enabled'],
    },
    {
      name: 'values of llm-d’s chart',
      values: { router: { epp: { flags: { v: 4 } }, proxy: { mode: 'service' } } },
      says: ['router.epp.flags: give picker.config', 'router.proxy.mode: give proxy.mode'],
    },
    {
      name: 'values of llm-d’s older chart',
      values: { ...PODS, inferenceExtension: { replicas: 1 } },
      says: ['inferenceExtension: give picker'],
    },
    {
      name: 'a pool and flags as llm-d’s charts have them',
      values: {
        ...PODS,
        inferencePool: { modelServerType: 'vllm', failureMode: 'FailOpen' },
        picker: { config: { v: 4, 'health-checking': true } },
      },
      says: [
        'inferencePool.modelServerType: leave it out',
        'inferencePool.failureMode: give proxy.failOpen',
        'picker.config.v: give picker.config.log-level',
        'picker.config.health-checking: leave it out',
      ],
    },
    {
      name: 'an Envoy that is too old, by its version',
      values: { ...PODS, proxy: { image: { tag: 'ours' }, version: '1.35.0' } },
      says: ['proxy.version: Envoy 1.35', '1.36 or later'],
    },
    { name: 'no model servers', values: {}, says: ['modelServers.matchLabels'] },
    {
      name: 'model servers of two sorts',
      values: { modelServers: { ...PODS.modelServers, ...ENDPOINTS.modelServers } },
      says: ['modelServers.matchLabels and modelServers.endpoints', 'give one of them'],
    },
    {
      name: 'routes without hosts',
      values: { modelServers: { ...PODS.modelServers, routes: HOSTS.modelServers.routes } },
      says: ['modelServers.routes', 'leave it out'],
    },
    {
      name: 'more models than hosts',
      values: { modelServers: { hosts: ['a:1'], models: ['m', 'p'] } },
      says: ['modelServers.models', 'parted by |'],
    },
    {
      name: 'roles without labels',
      values: { modelServers: { ...ENDPOINTS.modelServers, directRoles: ['decode'] } },
      says: ['modelServers.directRoles'],
    },
    {
      name: 'a role that only prefills',
      values: { modelServers: { ...PODS.modelServers, directRoles: ['prefill'] } },
      says: ['directRoles', 'decode'],
    },
    {
      name: 'prefillers among what Envoy knows',
      values: { ...PODS, picker: { plugins: 'prefill-decode' } },
      says: ['modelServers.directRoles', 'such as [decode]'],
    },
    {
      name: 'labels of Envoy’s own pods',
      values: { modelServers: { matchLabels: { 'app.kubernetes.io/part-of': 'tandem' } } },
      says: ['modelServers.matchLabels', "the proxy's own pods"],
    },
    {
      name: 'one name for two Deployments',
      values: { ...PODS, proxy: { name: 'x' }, picker: { name: 'x' } },
      says: ['proxy.name and picker.name are both x'],
    },
    {
      name: 'an Envoy that is too old',
      values: { ...PODS, proxy: { image: { tag: 'v1.27.0' } } },
      says: ['proxy.image', 'Envoy 1.27', '1.36 or later'],
    },
    {
      name: 'a pool without pods',
      values: { ...ENDPOINTS, inferencePool: { create: true } },
      says: ['inferencePool.create', 'modelServers.matchLabels'],
    },
    {
      name: 'plugins for hosts',
      values: { ...HOSTS, picker: { plugins: { plugins: [{ type: 'queue-scorer' }] } } },
      says: ['picker.plugins', 'picker.config.routing-logic'],
    },
    {
      name: 'another mode',
      values: { ...PODS, proxy: { mode: 'daemonset' } },
      says: ['mode', 'sidecar'],
    },
    {
      name: 'failing open in words',
      values: { ...PODS, proxy: { failOpen: 'sometimes' } },
      says: ['failOpen', 'boolean'],
    },
    {
      name: 'failing open to nowhere',
      values: { ...PODS, proxy: { failOpen: true, routing: 'original-dst' } },
      says: ['proxy.failOpen', 'override-host'],
    },
    {
      name: 'second choices of what has gone by',
      values: { ...PODS, proxy: { requestBody: 'full-duplex' } },
      says: ['proxy.requestBody', 'original-dst'],
    },
    {
      name: 'a grace period that cuts streams',
      values: { ...PODS, proxy: { terminationGracePeriodSeconds: 60 } },
      says: ['proxy.terminationGracePeriodSeconds', 'may need 315 s to end'],
    },
    {
      name: 'a drain that ends before it begins',
      values: { ...PODS, proxy: { drain: { minSeconds: 300 } } },
      says: ['proxy.drain.minSeconds', 'must be lower'],
    },
    {
      name: 'pickers in mode sidecar',
      values: { ...PODS, picker: { replicas: 3 } },
      says: ['picker.replicas', 'proxy.replicas'],
    },
    {
      name: 'a setting that the chart sets',
      values: { ...PODS, picker: { config: { 'grpc-port': 1234 } } },
      says: ['picker.config.grpc-port', 'picker.ports.grpc'],
    },
    {
      name: 'an Envoy that gives up first',
      values: { ...PODS, picker: { config: { 'decision-timeout': '2m' } } },
      says: ['proxy.messageTimeout', 'decision-timeout'],
    },
    {
      name: 'an Envoy that gives up before the five seconds of the picker',
      values: { ...PODS, proxy: { messageTimeout: '5s' } },
      says: ['proxy.messageTimeout is 5s', 'decision-timeout is 5s'],
    },
    {
      name: 'clients by IPv6, and an Envoy without it',
      values: { ...PODS, service: { ipFamilyPolicy: 'RequireDualStack' } },
      says: ['service.ipFamilyPolicy is RequireDualStack', "proxy.bindAddress to '::'"],
    },
    {
      name: 'a port that is taken twice',
      values: { ...PODS, picker: { ports: { metrics: 19001 } } },
      says: ['proxy.ports.operations', 'picker.ports.metrics'],
    },
    {
      name: 'a name that nobody checks',
      values: { ...PODS, picker: { tls: { serverName: 'picker' } } },
      says: ['picker.tls.serverName', 'picker.tls.secretName'],
    },
    {
      name: 'a Secret for no TLS',
      values: { ...PODS, picker: { tls: { enabled: false, secretName: 's' } } },
      says: ['picker.tls.secretName', 'picker.tls.enabled'],
    },
  ],
};
