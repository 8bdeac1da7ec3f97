import { parse } from 'yaml';
import type { ChartCases, GoodCase } from '../chart-cases.js';
import type { KubernetesObject } from '../rig/helm.js';
import { examplesOf } from '../rig/examples.js';
import { has, podsOf, the } from '../rig/objects.js';
import { must } from '../scenario.js';

const PODS = { workers: { selector: { app: 'vllm' } } };
const URLS = { workers: { urls: ['http://a:8000', 'http://b:8000'] } };

type Objects = readonly KubernetesObject[];

function argsOf(objects: Objects): string[] {
  return podsOf(objects)[0]!.spec.containers[0].args as string[];
}

function fileOf(objects: Objects): Record<string, unknown> {
  return parse(the(objects, 'ConfigMap')['data']['router.yaml']) as Record<string, unknown>;
}

function hasArgs(objects: Objects, ...wanted: string[]): void {
  const args = argsOf(objects);
  for (const arg of wanted) must(args.includes(arg), `${arg} is not among ${args.join(' ')}`);
}

const GOOD: readonly GoodCase[] = [
  {
    name: 'pods',
    values: PODS,
    expect: (objects) => {
      hasArgs(objects, '--selector=app=vllm', '--service-discovery-namespace=inference');
      must(the(objects, 'Role').metadata.namespace === 'inference', 'the Role is elsewhere');
      must(podsOf(objects)[0]!.spec.automountServiceAccountToken === true, 'there is no token');
    },
  },
  {
    name: 'pods of another namespace',
    values: { workers: { selector: { app: 'vllm', role: 'x' }, namespace: 'models', port: 8080 } },
    expect: (objects) => {
      hasArgs(objects, '--selector=app=vllm,role=x', '--service-discovery-port=8080');
      must(the(objects, 'Role').metadata.namespace === 'models', 'the Role is not at the pods');
      must(!has(objects, 'ClusterRole'), 'there is a ClusterRole');
    },
  },
  {
    name: 'pods of all namespaces',
    values: { workers: { selector: { app: 'vllm' }, namespace: '*' } },
    expect: (objects) => {
      must(has(objects, 'ClusterRole') && !has(objects, 'Role'), 'there is no ClusterRole');
      must(!argsOf(objects).some((arg) => arg.includes('namespace')), 'a namespace is named');
    },
  },
  {
    name: 'URLs',
    values: URLS,
    expect: (objects) => {
      must(!has(objects, 'Role'), 'there is a Role for nothing');
      must(podsOf(objects)[0]!.spec.automountServiceAccountToken === false, 'there is a token');
      must((fileOf(objects)['worker-urls'] as unknown[]).length === 2, 'the file has no URLs');
    },
  },
  {
    name: 'prefill and decode by URL',
    values: {
      workers: {
        prefill: ['http://p1:8000', { url: 'http://p2:8000', 'bootstrap-port': 9001 }],
        decode: ['http://d1:8000'],
      },
      router: { config: { 'kv-connector': 'mooncake' } },
    },
    expect: (objects) => {
      hasArgs(objects, '--kv-connector=mooncake');
      must(fileOf(objects)['pd-disaggregation'] === true, 'the file asks for no pairs');
    },
  },
  {
    name: 'prefill and decode in pods',
    values: {
      workers: {
        prefillSelector: { 'llm-d.ai/role': 'prefill' },
        decodeSelector: { 'llm-d.ai/role': 'decode' },
      },
    },
    expect: (objects) => hasArgs(objects, '--prefill-selector=llm-d.ai/role=prefill'),
  },
  {
    name: 'a command line of vllm-router',
    values: {
      router: {
        extraArgs: [
          ...['--host', '0.0.0.0', '--port', '8080', '--prometheus-port=9100'],
          ...['--service-discovery', '--selector', 'app=vllm', 'role=x'],
          ...['--service_discovery_namespace', 'models', '--policy', 'round_robin'],
        ],
      },
    },
    expect: (objects) => {
      const [http, metrics] = podsOf(objects)[0]!.spec.containers[0].ports;
      must(http.containerPort === 8080 && metrics.containerPort === 9100, 'ports are others');
      const said = argsOf(objects).filter((arg) => /^--(?:port|host)\b/.test(arg));
      must(said.join() === '--host,--port', `they are said twice: ${said.join()}`);
      must(the(objects, 'Role').metadata.namespace === 'models', 'the Role is not at the pods');
    },
  },
  {
    name: 'workers that announce themselves',
    values: {
      router: {
        replicas: 1,
        config: { 'vllm-discovery-address': '0.0.0.0:30001', 'kv-connector': 'p2pnccl' },
      },
    },
    expect: (objects) => {
      const ports = the(objects, 'Service')['spec'].ports as { name: string; port: number }[];
      must(
        ports.some(({ name, port }) => name === 'announce' && port === 30001),
        'no port',
      );
    },
  },
  {
    name: 'KV events of ranks',
    values: {
      ...URLS,
      router: {
        config: {
          policy: 'kv_aware',
          'kv-event-source': [
            'http://a:8000=tcp://a:5557,tcp://a:5558',
            'http://b:8000=tcp://b:5557,tcp://b:5558',
          ],
        },
      },
    },
  },
  {
    name: 'keys, logs and traces',
    values: {
      ...URLS,
      keys: { clients: { secret: 'k' }, admin: { secret: 'k' }, workers: { secret: 'k' } },
      router: { config: { 'log-dir': '/logs', 'enable-trace': true } },
    },
    expect: (objects) => {
      const { env, volumeMounts } = podsOf(objects)[0]!.spec.containers[0];
      must(env.length === 3, 'keys are missing');
      must(
        volumeMounts.some(({ mountPath }: { mountPath: string }) => mountPath === '/logs'),
        'logs have no volume',
      );
    },
  },
  {
    name: 'everything around it',
    values: {
      ...PODS,
      autoscaling: { enabled: true },
      ingress: {
        enabled: true,
        hosts: ['llm.example.com', '*'],
        className: 'nginx',
        path: '/a: #',
      },
      httpRoute: { enabled: true, parentRefs: [{ name: 'inference-gateway' }] },
      monitoring: { serviceMonitor: true },
      networkPolicy: { enabled: true, from: [{ podSelector: {} }] },
    },
    expect: (objects) => {
      must(the(objects, 'Deployment')['spec'].replicas === undefined, 'two say how many pods');
      for (const kind of [
        'HorizontalPodAutoscaler',
        'Ingress',
        'HTTPRoute',
        'ServiceMonitor',
        'NetworkPolicy',
      ])
        must(has(objects, kind), `there is no ${kind}`);
    },
  },
  { name: 'workers that are added by hand', values: { keys: { admin: { secret: 'keys' } } } },
  {
    name: 'decode pods that prefill where nobody else does',
    values: {
      workers: { decodeSelector: { role: 'decode' } },
      router: { config: { 'pd-decode-fallback': true } },
    },
  },
  { name: 'without a budget', values: { ...PODS, router: { podDisruptionBudget: null } } },
  {
    name: 'another budget, and pods that are recreated',
    values: {
      ...PODS,
      router: { podDisruptionBudget: { minAvailable: 1 }, strategy: { type: 'Recreate' } },
    },
    expect: (objects) => {
      const { minAvailable, maxUnavailable } = the(objects, 'PodDisruptionBudget')['spec'];
      must(minAvailable === 1 && maxUnavailable === undefined, 'the budget says something else');
      const { strategy } = the(objects, 'Deployment')['spec'];
      must(strategy.rollingUpdate === undefined, 'Kubernetes takes no parameters of Recreate');
    },
  },
  {
    name: 'clients from outside, and metrics inside',
    values: { ...PODS, service: { type: 'LoadBalancer' } },
    expect: (objects) => {
      const { type, ports } = the(objects, 'Service', '-metrics')['spec'];
      must(type === 'ClusterIP' && ports[0].name === 'metrics', 'metrics have no Service');
      const outer = the(objects, 'Service', '-router')['spec'];
      must(
        outer.ports.every(({ name }: { name: string }) => name !== 'metrics'),
        'metrics are outside',
      );
    },
  },
  {
    name: 'a headless Service',
    values: { ...PODS, service: { headless: true } },
    isInstalledAnew: true,
    expect: (objects) => {
      const [{ port }] = the(objects, 'Service')['spec'].ports as [{ port: number }];
      must(port === 30000, 'its port is not that of the pods');
    },
  },
];

/** Values that the chart comes with, each as users give it. */
const EXAMPLES = examplesOf('tandem-router');

export const ROUTER: ChartCases = {
  chart: 'tandem-router',
  good: [...GOOD, ...EXAMPLES],
  refused: [
    {
      name: 'a log level that is none',
      values: { ...URLS, router: { config: { 'log-level': 'verbose' } } },
      says: ['log-level'],
    },
    { name: 'no workers', values: {}, says: ['workers.selector', 'workers.urls'] },
    {
      name: 'a setting with another place',
      values: { router: { config: { 'worker-urls': ['http://a:8000'] } } },
      says: ['router.config.worker-urls', 'workers.urls'],
    },
    {
      name: 'a key in the open',
      values: { ...URLS, router: { config: { 'api-key': 'secret' } } },
      says: ['router.config.api-key', 'Secret', 'keys.clients'],
    },
    {
      name: 'an older name',
      values: { ...URLS, router: { config: { 'vllm-pd-disaggregation': true } } },
      says: ['give router.config.pd-disaggregation'],
    },
    {
      name: 'a part that is not here',
      values: { ...URLS, router: { config: { 'tls-cert-path': '/x' } } },
      says: ['router.config.tls-cert-path', 'put a proxy that ends TLS in front'],
    },
    {
      name: 'underscores',
      values: { ...URLS, router: { config: { cache_threshold: 0.5 } } },
      says: ['give router.config.cache-threshold'],
    },
    {
      name: 'an unknown setting',
      values: { ...URLS, router: { config: { polcy: 'random' } } },
      says: ['router.config.polcy', 'no setting of the router'],
    },
    {
      name: 'an unknown policy',
      values: { ...URLS, router: { config: { policy: 'best' } } },
      says: ['policy'],
    },
    {
      name: "production-stack's values",
      values: { ...URLS, routerSpec: { replicaCount: 2 } },
      says: ['routerSpec.replicaCount: give router.replicas', 'production-stack'],
    },
    {
      name: "others of production-stack's values",
      values: { ...URLS, routerSpec: { rootPath: '/vllm' } },
      says: ['routerSpec', 'production-stack', 'docs/deploy/router.md'],
    },
    {
      name: "the program's name among its arguments",
      values: { router: { extraArgs: ['vllm-router', '--worker-urls', 'http://a:8000'] } },
      says: ['router.extraArgs', 'vllm-router', 'leave the program'],
    },
    {
      name: 'a key among the arguments',
      values: { router: { extraArgs: ['--worker-urls=http://a:8000', '--api_key', 'x'] } },
      says: ['router.extraArgs: --api-key', 'keys.clients'],
    },
    {
      name: 'fewer at most than at least',
      values: { ...URLS, autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 2 } },
      says: ['autoscaling.minReplicas is 3', 'at least 3'],
    },
    {
      name: 'an Ingress without names',
      values: { ...URLS, ingress: { enabled: true } },
      says: ['ingress.hosts'],
    },
    {
      name: 'an HTTPRoute without a Gateway',
      values: { ...URLS, httpRoute: { enabled: true } },
      says: ['httpRoute.parentRefs'],
    },
    {
      name: 'a namespace of pods that nobody asks for',
      values: { workers: { urls: ['http://a:8000'], namespace: 'models' } },
      says: ['workers.namespace', 'workers.selector'],
    },
    {
      name: 'prefill pods without decode pods',
      values: { workers: { prefillSelector: { role: 'prefill' } } },
      says: ['workers.prefillSelector', 'workers.decodeSelector'],
    },
    {
      name: 'prefill URLs without decode',
      values: { workers: { prefill: ['http://p:8000'] } },
      says: ['workers.prefill has nobody', 'workers.decodeSelector'],
    },
    {
      name: 'decode pods without prefill',
      values: { workers: { decodeSelector: { role: 'decode' } } },
      says: ['workers.decodeSelector has nobody to prefill', 'workers.selector'],
    },
    {
      name: "what else production-stack's chart installs",
      values: { ...URLS, cacheserverSpec: { enabled: true }, loraAdapters: [{ name: 'a' }] },
      says: ['cacheserverSpec: leave it out', 'loraAdapters: leave it out'],
    },
    {
      name: 'workers that announce themselves to one of two',
      values: { router: { config: { 'vllm-discovery-address': '0.0.0.0:30001' } } },
      says: ['router.replicas is 2', 'give 1'],
    },
    {
      name: 'a grace period that cuts streams',
      values: { ...URLS, terminationGracePeriodSeconds: 60 },
      says: ['terminationGracePeriodSeconds is 60 s', '190 s'],
    },
    {
      name: 'requests taken to the very end',
      values: { ...URLS, router: { config: { 'shutdown-grace-period-secs': 10 } } },
      says: ['router.config.shutdown-accept-secs is 10', 'give a longer grace period'],
    },
    {
      name: 'no port for metrics',
      values: { ...URLS, router: { config: { 'prometheus-port': 0 } } },
      says: ['router.config.prometheus-port'],
    },
    {
      name: 'one port for requests and metrics',
      values: { ...URLS, router: { config: { port: 29000 } } },
      says: ['router.config.prometheus-port takes port 29000 of the pod', 'router.config.port'],
    },
    {
      name: 'one port of the Service for both',
      values: { ...URLS, service: { port: 29000 } },
      says: ['takes port 29000 of the Service', 'service.port'],
    },
    {
      name: 'a policy that lets nobody in',
      values: { ...URLS, networkPolicy: { enabled: true } },
      says: ['networkPolicy.from is empty'],
    },
    {
      name: 'an image with its tag',
      values: { ...URLS, router: { image: { repository: 'example.com/tandem:1' } } },
      says: ['repository'],
    },
    {
      name: 'a headless Service with an address',
      values: { ...URLS, service: { headless: true, type: 'LoadBalancer' } },
      says: ['service.headless'],
    },
  ],
};
