import * as z from 'zod';
import { routerSettings } from '../../../dist/apps/router/router.settings.js';
import { settingsOf } from '../settings.mjs';
import {
  anyObject,
  budget,
  env,
  everyChart,
  httpRoute,
  image,
  ingress,
  interval,
  key,
  labels,
  moved,
  name,
  networkPolicy,
  placement,
  podMetadata,
  portNumber,
  resources,
  volumes,
} from '../values.mjs';

const url = z.string().regex(/^https?:\/\//);
const secretKey = z.strictObject({ secret: name, key });
const prefillWorker = z.union([
  url,
  z.strictObject({ url, 'bootstrap-port': z.union([portNumber, z.literal('none')]).optional() }),
]);

export const values = z.strictObject({
  ...everyChart,
  workers: z.strictObject({
    selector: labels,
    prefillSelector: labels,
    decodeSelector: labels,
    port: portNumber,
    namespace: z.string().regex(/^(?:\*|[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)?$/),
    urls: z.array(url),
    prefill: z.array(prefillWorker),
    decode: z.array(url),
  }),
  router: z.strictObject({
    image,
    replicas: z.int().min(0),
    // Names that are none are refused by the chart, which knows what their givers meant.
    config: settingsOf(routerSettings, { isOpen: true }),
    extraArgs: z.array(z.string()),
    env,
    resources,
    securityContext: anyObject,
    ...volumes,
    ...podMetadata,
    strategy: anyObject,
    podDisruptionBudget: budget,
    ...placement,
  }),
  keys: z.strictObject({ clients: secretKey, admin: secretKey, workers: secretKey }),
  autoscaling: z.strictObject({
    enabled: z.boolean(),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    targetCpuPercent: z.int().min(1).nullable(),
    metrics: z.array(anyObject),
    behavior: anyObject,
  }),
  service: z.strictObject({
    type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
    port: portNumber,
    headless: z.boolean(),
    sessionAffinity: z.enum(['None', 'ClientIP']),
    annotations: labels,
  }),
  ingress,
  httpRoute,
  networkPolicy,
  monitoring: z.strictObject({ serviceMonitor: z.boolean(), interval, labels }),
  preStopSeconds: z.int().min(0).max(3600),
  terminationGracePeriodSeconds: z.int().min(1).nullable(),
  // Of production-stack's chart.
  routerSpec: moved,
  servingEngineSpec: moved,
  cacheserverSpec: moved,
  loraAdapters: moved,
  loraController: moved,
  sharedPvcStorage: moved,
  extraObjects: moved,
  grafanaDashboards: moved,
  'kube-prometheus-stack': moved,
  'prometheus-adapter': moved,
});
