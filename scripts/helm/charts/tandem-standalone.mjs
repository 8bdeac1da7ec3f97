import * as z from 'zod';
import { pickerSettings } from '../../../dist/apps/picker/picker.settings.js';
import { settingsOf } from '../settings.mjs';
import {
  anyObject,
  budget,
  duration,
  env,
  everyChart,
  httpRoute,
  image,
  ingress,
  labels,
  monitoring,
  moved,
  name,
  networkPolicy,
  OLD_FLAGS,
  OLD_POOL,
  pickerPlugins,
  placement,
  podMetadata,
  portNumber,
  resources,
  service,
  volumes,
} from '../values.mjs';

const endpoint = z.strictObject({
  name: z.string().min(1),
  namespace: z.string().min(1).optional(),
  address: z.string().regex(/^[0-9a-fA-F.:]+$/),
  port: z.union([portNumber, z.string().regex(/^\d+$/)]),
  labels: labels.optional(),
  metricsHost: z.string().min(1).optional(),
});
const route = z.strictObject({
  name: z.string().min(1),
  model: z.string().min(1),
  path_prefix: z.string().regex(/^\//),
});

/** Values of llm-d.ai/role whose servers take whole requests. */
const DIRECT_ROLES = ['decode', 'prefill-decode', 'both', 'encode-prefill-decode'];

const container = {
  image,
  extraArgs: z.array(z.string()),
  env,
  resources,
  securityContext: anyObject,
  ...volumes,
  ...podMetadata,
  podDisruptionBudget: budget,
  ...placement,
};

const picker = z.strictObject({
  name,
  replicas: z.int().min(1),
  config: settingsOf(pickerSettings, { moved: OLD_FLAGS }),
  plugins: pickerPlugins,
  ports: z.strictObject({ grpc: portNumber, health: portNumber, metrics: portNumber }),
  tls: z.strictObject({ enabled: z.boolean(), secretName: name, serverName: z.string() }),
  ...container,
});

const proxy = z.strictObject({
  mode: z.enum(['sidecar', 'service']),
  name,
  replicas: z.int().min(0),
  version: z.string().regex(/^(?:v?\d+\.\d+(?:\.\d+)?)?$/),
  routing: z.enum(['override-host', 'original-dst']),
  requestBody: z.enum(['buffered', 'full-duplex']),
  failOpen: z.boolean(),
  maxBodyBytes: z.int().min(65536).max(4294967295),
  maxConnections: z.int().min(1),
  messageTimeout: duration,
  streamIdleTimeout: duration,
  upgrades: z.array(z.string().min(1)),
  accessLog: z.boolean(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off']),
  concurrency: z.int().min(1),
  ports: z.strictObject({ http: portNumber, operations: portNumber, admin: portNumber }),
  bindAddress: z.string().regex(/^[0-9a-fA-F.:]+$/),
  drain: z.strictObject({
    minSeconds: z.int().min(0).max(3600),
    maxSeconds: z.int().min(1).max(86400),
  }),
  terminationGracePeriodSeconds: z.int().min(1).nullable(),
  autoscaling: z.strictObject({
    enabled: z.boolean(),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    targetCpuPercent: z.int().min(1),
  }),
  ...container,
});

export const values = z.strictObject({
  ...everyChart,
  clusterDomain: z.string().regex(/^[a-z0-9.-]*$/),
  modelServers: z.strictObject({
    matchLabels: labels,
    targetPorts: z.array(portNumber).max(8),
    directRoles: z.array(z.enum(DIRECT_ROLES)).meta({ uniqueItems: true }),
    endpoints: z.array(endpoint),
    hosts: z.array(z.string().regex(/^(?:http:\/\/)?[^:/\s]+:\d+$/)),
    models: z.array(z.string().min(1)),
    routes: z.array(route),
  }),
  inferencePool: z.strictObject({
    create: z.boolean(),
    name,
    group: z.string().min(1),
    failureMode: moved,
    ...Object.fromEntries(OLD_POOL.map((key) => [key, moved])),
  }),
  picker,
  proxy,
  service: service.extend({
    ipFamilyPolicy: z.enum(['', 'SingleStack', 'PreferDualStack', 'RequireDualStack']),
  }),
  ingress,
  httpRoute: httpRoute.extend({ create: moved, inferenceGatewayName: moved }),
  monitoring,
  networkPolicy,
  router: moved,
  inferenceExtension: moved,
  inferenceObjectives: moved,
  experimentalHttpRoute: moved,
  provider: moved,
});
