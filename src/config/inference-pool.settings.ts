import { boolean, duration, text } from './kinds.js';
import { optional, setting } from './setting.js';

const POOL = 'InferencePool';
const PROTECTION = 'SSRF protection';

/** The InferencePool that is watched, and what its pods are good for. */
export const INFERENCE_POOL_SETTINGS = {
  // Checked where the pool is needed: manifests name it with protection off too, sometimes as ''.
  'inference-pool': optional(text('NAMESPACE/NAME'), {
    group: POOL,
    description:
      'The InferencePool whose pods are known (a bare NAME: in the namespace default); goes before the two flags for its namespace and name.',
    env: ['INFERENCE_POOL'],
  }),
  'inference-pool-namespace': optional(text('NAMESPACE'), {
    group: POOL,
    description: 'The namespace of the InferencePool and of its pods.',
    env: ['INFERENCE_POOL_NAMESPACE'],
  }),
  'inference-pool-name': optional(text('NAME'), {
    group: POOL,
    description: 'The name of the InferencePool.',
    env: ['INFERENCE_POOL_NAME'],
  }),
  'pool-group': optional(text('GROUP'), {
    group: POOL,
    description: 'The API group of the InferencePool.',
    defaultText:
      'inference.networking.k8s.io, then inference.networking.x-k8s.io, then inference.llm-d.ai',
  }),
  'pool-version': optional(text('VERSION'), {
    group: POOL,
    description: 'The API version of the InferencePool.',
    defaultText: 'v1, or the version that its group is known for',
  }),
  kubeconfig: optional(text('FILE', /./, 'a file'), {
    group: POOL,
    description: 'Where the Kubernetes API is and who asks it.',
    defaultText: 'the service account of the pod',
    env: ['KUBECONFIG'],
  }),
  'enable-ssrf-protection': setting(boolean(), {
    group: PROTECTION,
    description: 'Refuse prefill targets that are no pods of the InferencePool.',
    default: false,
  }),
  'ssrf-check-ports': setting(boolean(), {
    group: PROTECTION,
    description: 'Allow only the target ports of the InferencePool on its pods.',
    default: false,
  }),
  'ssrf-sync-timeout': setting(duration(), {
    group: PROTECTION,
    description:
      'How long the first reading of the InferencePool may take; then the sidecar exits with 1. 0 waits for ever.',
    default: '30s',
  }),
  'ssrf-max-staleness': setting(duration(), {
    group: PROTECTION,
    description:
      'How long the last known pods stay allowed while the Kubernetes API is not to be reached; 0 means for ever.',
    default: '0s',
  }),
};
