import * as z from 'zod';
import { sidecarSettings } from '../../../dist/apps/sidecar/sidecar.settings.js';
import { settingsOf } from '../settings.mjs';
import {
  anyObject,
  budget,
  duration,
  env,
  everyChart,
  image,
  key,
  monitoring,
  moved,
  name,
  networkPolicy,
  placement,
  podMetadata,
  portNumber,
  resources,
  service,
  volumes,
} from '../values.mjs';

const containers = z.array(z.looseObject({ name: z.string().min(1) }));
const size = z.string().regex(/^(?:\d+(?:[KMGTPE]i?)?)?$/);
const tls = z.strictObject({ secretName: name });

/** Of llm-d's chart of model servers: templates/_moved.tpl says what they are called here. */
const all = (names) => Object.fromEntries(names.map((one) => [one, moved]));
const OLD_VALUES = all([
  'modelArtifacts',
  'routing',
  'serviceAccountOverride',
  'multinode',
  'accelerator',
  'requester',
  'tracing',
  'common',
  'extraObjects',
]);
const OLD_VALUES_OF_A_ROLE = all([
  'create',
  'containers',
  'initContainers',
  'parallelism',
  'acceleratorTypes',
  'resourceClaims',
  'monitoring',
  'autoscaling',
]);
const OLDER_NAMES = ['connector', 'vllm-port', 'secure-serving', 'zap-log-level', 'zap-encoder'];

const role = {
  replicas: z.int().min(0).nullable(),
  resources,
  extraArgs: z.array(z.string()),
  env,
  kvTransferConfig: anyObject,
  ...podMetadata,
  ...volumes,
  extraInitContainers: containers,
  extraContainers: containers,
  podSpec: anyObject,
  podDisruptionBudget: budget,
  strategy: anyObject,
  ...placement,
  ...OLD_VALUES_OF_A_ROLE,
};

export const values = z.strictObject({
  ...everyChart,
  ...OLD_VALUES,
  sidecar: z.strictObject({
    image,
    name: name.min(1),
    portName: z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,10}[a-z0-9])?$/),
    config: settingsOf(sidecarSettings, { moved: OLDER_NAMES }),
    args: z.array(z.string()),
    env,
    resources,
    securityContext: anyObject,
    volumeMounts: volumes.volumeMounts,
    tls,
    trust: z.strictObject({ configMap: name, secret: name, key }),
  }),
  inferencePool: z.strictObject({
    name,
    namespace: name,
    group: z.string().min(1),
    create: z.boolean(),
    picker: z.strictObject({
      service: name,
      port: portNumber,
      failureMode: z.enum(['FailOpen', 'FailClose']),
    }),
  }),
  modelServer: z.strictObject({
    engine: z.enum(['vllm', 'simulator', 'other']),
    model: z.string().min(1),
    servedModelName: z.string(),
    image,
    command: z.array(z.string()),
    args: z.array(z.string()),
    kvTransferConfig: anyObject.nullable(),
    sideChannelPort: portNumber,
    extraArgs: z.array(z.string()),
    env,
    tokenSecret: z.strictObject({ name, key }),
    startupTimeout: duration,
    shutdownTimeout: duration,
    sharedMemory: size.min(1),
    cache: z.strictObject({ persistentVolumeClaim: name, sizeLimit: size }),
    ...volumes,
    securityContext: anyObject,
    podSecurityContext: anyObject,
  }),
  decode: z.strictObject(role),
  prefill: z.strictObject({ enabled: z.boolean(), tls, ...role }),
  service,
  preStopSeconds: z.int().min(0).max(3600),
  terminationGracePeriodSeconds: z.int().min(1).nullable(),
  monitoring,
  networkPolicy: networkPolicy.extend({ peers: z.array(anyObject) }),
});
