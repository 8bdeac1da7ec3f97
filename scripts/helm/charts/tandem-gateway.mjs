import * as z from 'zod';
import { pickerSettings } from '../../../dist/apps/picker/picker.settings.js';
import { settingsOf } from '../settings.mjs';
import {
  anyObject,
  budget,
  duration,
  env,
  everyChart,
  image,
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
  volumes,
} from '../values.mjs';

const picker = z.strictObject({
  name,
  replicas: z.int().min(0),
  image,
  config: settingsOf(pickerSettings, { moved: OLD_FLAGS }),
  plugins: pickerPlugins,
  ports: z.strictObject({ grpc: portNumber, health: portNumber, metrics: portNumber }),
  tls: z.strictObject({ enabled: z.boolean(), secretName: name }),
  drain: z.strictObject({
    minSeconds: z.int().min(0).max(3600),
    maxSeconds: z.int().min(1).max(86400),
  }),
  terminationGracePeriodSeconds: z.int().min(1).nullable(),
  strategy: anyObject,
  service: z.strictObject({ appProtocol: z.string(), annotations: labels }),
  extraArgs: z.array(z.string()),
  env,
  resources,
  securityContext: anyObject,
  ...volumes,
  ...podMetadata,
  podDisruptionBudget: budget,
  ...placement,
});

const weight = z.int().min(0).max(1000000);
const requestTimeout = z.string().regex(/^(?:\d{1,5}(?:h|m|s|ms)){1,4}$/);

const httpRoute = z.strictObject({
  create: z.boolean(),
  parentRefs: z.array(z.looseObject({ name: z.string().min(1) })),
  hostnames: z.array(z.string().min(1)),
  path: z.string().regex(/^\//),
  headers: labels,
  baseModel: z.string(),
  requestTimeout,
  weight: weight.nullable(),
  otherPools: z.array(z.strictObject({ name: name.min(1), weight })),
  annotations: labels,
  inferenceGatewayName: moved,
  inferenceGatewayNamespace: moved,
  headerMatches: moved,
});

const provider = z.strictObject({
  name: z.enum(['none', 'istio', 'gke', 'agentgateway']),
  istio: z.strictObject({ trafficPolicy: anyObject, destinationRule: moved }),
  gke: z.strictObject({
    healthCheckPath: z.string().regex(/^\//),
    healthCheckTimeoutSeconds: z.int().min(1).max(300),
    logging: z.boolean(),
    drainingTimeoutSeconds: z.int().min(0).max(3600),
    autopilot: moved,
    preferredBackends: moved,
  }),
});

const objective = z.strictObject({
  name: name.min(1),
  priority: z.int().min(-2147483648).max(2147483647),
});
const target = z.strictObject({
  modelRewrite: z.string().min(1),
  weight: z.int().min(1).max(1000000).optional(),
});
const rewrite = z.strictObject({
  name: name.min(1),
  rules: z
    .array(
      z.strictObject({
        matches: z.array(z.strictObject({ model: anyObject })).optional(),
        targets: z.array(target).min(1),
      }),
    )
    .min(1),
});

export const values = z.strictObject({
  ...everyChart,
  clusterDomain: z.string().min(1),
  modelServers: z.strictObject({
    matchLabels: labels,
    targetPorts: z.array(portNumber).min(1).max(8),
    appProtocol: z.enum(['http', 'kubernetes.io/h2c']),
  }),
  inferencePool: z.strictObject({
    create: z.boolean(),
    name,
    group: z.string().min(1),
    failureMode: z.enum(['FailOpen', 'FailClose']),
    ...Object.fromEntries(OLD_POOL.map((key) => [key, moved])),
  }),
  inferenceObjectives: z.array(objective),
  inferenceModelRewrites: z.array(rewrite),
  picker,
  httpRoute,
  provider,
  monitoring,
  networkPolicy,
  test: z.strictObject({ url: z.string().regex(/^(?:https?:\/\/\S+)?$/), model: z.string() }),
  router: moved,
  inferenceExtension: moved,
  experimentalHttpRoute: moved,
});
