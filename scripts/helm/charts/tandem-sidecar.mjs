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
  monitoring,
  name,
  networkPolicy,
  placement,
  podMetadata,
  portNumber,
  resources,
  service,
  volumes,
} from '../values.mjs';

const role = {
  replicas: z.int().min(0),
  resources,
  extraArgs: z.array(z.string()),
  ...podMetadata,
  ...volumes,
  podDisruptionBudget: budget,
  strategy: anyObject,
  ...placement,
};

export const values = z.strictObject({
  ...everyChart,
  sidecar: z.strictObject({
    image,
    name: name.min(1),
    portName: z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,10}[a-z0-9])?$/),
    config: settingsOf(sidecarSettings),
    extraArgs: z.array(z.string()),
    env,
    resources,
    securityContext: anyObject,
    volumeMounts: volumes.volumeMounts,
  }),
  inferencePool: z.strictObject({
    name,
    namespace: name,
    group: z.string().min(1),
    create: z.boolean(),
  }),
  modelServer: z.strictObject({
    engine: z.enum(['vllm', 'simulator']),
    model: z.string().min(1),
    servedModelName: z.string(),
    image,
    kvTransferConfig: anyObject.nullable(),
    sideChannelPort: portNumber,
    extraArgs: z.array(z.string()),
    env,
    tokenSecret: z.strictObject({ name, key: z.string().min(1) }),
    startupTimeout: duration,
    shutdownTimeout: duration,
    sharedMemory: z.string().regex(/^\d+(?:[KMGT]i?)?$/),
    securityContext: anyObject,
  }),
  decode: z.strictObject(role),
  prefill: z.strictObject({ enabled: z.boolean(), ...role }),
  service,
  preStopSeconds: z.int().min(0).max(3600),
  terminationGracePeriodSeconds: z.int().min(1).nullable(),
  monitoring,
  networkPolicy,
});
