// The parts that values of several charts are made of, as zod schemas. Descriptions stand in values.yaml.
import * as z from 'zod';

/** Kubernetes checks these itself. */
export const anyObject = z.record(z.string(), z.unknown());
/** Services are named after it, which take neither dots nor a digit first. */
const stem = z.string().regex(/^(?:[a-z](?:[-a-z0-9]*[a-z0-9])?)?$/);
export const labels = z.record(z.string(), z.string());
export const name = z.string().regex(/^(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)?$/);
export const portNumber = z.int().min(1).max(65535);
export const duration = z.string().regex(/^(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/);
/** As Prometheus writes them. */
export const interval = z.string().regex(/^(?:0|(?:\d+(?:y|w|d|h|m|s|ms))+)$/);
/** A key of a Secret or a ConfigMap. */
export const key = z.string().regex(/^[-.\w]+$/);
const quantity = z.union([z.string().regex(/^\d+(?:\.\d+)?(?:[EPTGMkmun]i?)?$/), z.number()]);

export const image = z.strictObject({
  repository: z.string().regex(/^(?:[A-Za-z\d.-]+(?::\d+)?\/)?[a-z\d._/-]+$/),
  tag: z.string().regex(/^(?:\w[\w.-]{0,127})?$/),
  digest: z.string().regex(/^(?:sha256:[0-9a-f]{64})?$/),
  pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']),
});
/** Null takes the chart's own away; `helm upgrade --reuse-values` gives it back as it is. */
const amounts = z.record(z.string(), quantity).nullable().optional();
export const resources = z.strictObject({
  requests: amounts,
  limits: amounts,
  claims: z.array(anyObject).optional(),
});
export const env = z.array(z.looseObject({ name: z.string().min(1) }));
const named = z.array(z.looseObject({ name: z.string().min(1) }));
const count = z.union([z.int().min(0), z.string().regex(/^\d+%$/)]);
export const budget = z
  .strictObject({ maxUnavailable: count.optional(), minAvailable: count.optional() })
  .nullable();

/**
 * An EndpointPickerConfig, or the name of a preset of the library, which refuses other names. Its default is null: of a text in
 * place of a map, or a map in place of a text, helm warns as if it took no notice of it.
 */
export const pickerPlugins = z.union([z.string(), anyObject, z.null()]);

/** Where pods run. */
export const placement = {
  nodeSelector: labels,
  tolerations: z.array(anyObject),
  affinity: anyObject,
  topologySpreadConstraints: z.array(anyObject),
  priorityClassName: name,
};
export const podMetadata = { podLabels: labels, podAnnotations: labels };
export const volumes = { volumes: named, volumeMounts: named };
export const service = z.strictObject({
  enabled: z.boolean(),
  type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']),
  port: portNumber,
  annotations: labels,
});
export const monitoring = z.strictObject({
  podMonitor: z.boolean(),
  interval,
  labels,
});
export const ingress = z.strictObject({
  enabled: z.boolean(),
  className: name,
  annotations: labels,
  hosts: z.array(z.string().min(1)),
  path: z.string().startsWith('/'),
  tls: z.array(anyObject),
});
export const httpRoute = z.strictObject({
  enabled: z.boolean(),
  parentRefs: z.array(z.looseObject({ name: z.string().min(1) })),
  hostnames: z.array(z.string().min(1)),
  annotations: labels,
  path: z.string().startsWith('/'),
  requestTimeout: z.string().regex(/^(?:\d+(?:h|m|s|ms))*$/),
});
export const networkPolicy = z.strictObject({
  enabled: z.boolean(),
  from: z.array(anyObject),
  metricsFrom: z.array(anyObject),
});

/** A value of another chart, which the chart refuses with what it is called here. */
export const moved = z.unknown().optional().meta({ deprecated: true });

/** What llm-d's charts had in inferencePool. */
export const OLD_POOL = [
  'modelServers',
  'targetPorts',
  'targetPortNumber',
  'modelServerType',
  'modelServerProtocol',
  'apiVersion',
];

/** Flags in manifests of llm-d's picker that are no settings here: tandem.picker.moved says what to do. */
export const OLD_FLAGS = [
  'v',
  'zap-log-level',
  'zap-encoder',
  'health-checking',
  'ha-enable-leader-election',
  'metrics-endpoint-auth',
  'allow-experimental-plugins',
  'enable-pprof',
  'enable-grpc-stream-metrics',
];

/** What every chart has. */
export const everyChart = {
  nameOverride: stem,
  fullnameOverride: stem,
  imagePullSecrets: named,
  serviceAccount: z.strictObject({ create: z.boolean(), name, annotations: labels }),
  rbac: z.strictObject({ create: z.boolean() }),
  // Helm's own: values that all charts of a release see, those of the library, and what leaves a dependency out.
  global: anyObject.optional(),
  'tandem-lib': anyObject.optional(),
  enabled: z
    .boolean()
    .optional()
    .describe(
      'Of a chart that depends on this one, with condition: NAME.enabled in its Chart.yaml.',
    ),
};
