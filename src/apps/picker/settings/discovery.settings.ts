import { listOf, oneOf, port, text, type Kind } from '../../../config/kinds.js';
import { optional, setting, type ConfigOf } from '../../../config/setting.js';

const POOL = 'Model servers of Kubernetes';
const STATIC = 'Model servers by name';

/** Names of Kubernetes objects (RFC 1123); manifests give '' for none. */
function name(placeholder: string): Kind<string> {
  const pattern = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?)?$/;
  return text(placeholder, pattern, 'a name in Kubernetes: lower-case letters, digits, - and .');
}

/** Where the model servers are that requests are spread over. */
export const DISCOVERY_SETTINGS = {
  'pool-name': optional(name('NAME'), {
    group: POOL,
    description:
      'The InferencePool whose pods are the model servers. With a file of endpoints, or static hosts, it is a label and nothing is asked of Kubernetes.',
  }),
  'pool-namespace': optional(name('NAMESPACE'), {
    group: POOL,
    description: 'The namespace of the pool, or of the pods that --endpoint-selector selects.',
    defaultText: 'default',
    aliases: ['k8s-namespace'],
    env: ['NAMESPACE'],
  }),
  'pool-group': optional(name('GROUP'), {
    group: POOL,
    description: 'The API group of the InferencePool.',
    defaultText:
      'inference.networking.k8s.io, then inference.networking.x-k8s.io, then inference.llm-d.ai',
  }),
  'pool-version': optional(name('VERSION'), {
    group: POOL,
    description: 'The API version of the InferencePool.',
    defaultText: 'the version that its group is known for',
  }),
  'endpoint-selector': optional(text('SELECTOR'), {
    group: POOL,
    description:
      'Which pods are model servers, without a pool: a label selector as Kubernetes writes it, such as app=vllm,tier in (a,b),!test.',
    aliases: ['k8s-label-selector'],
  }),
  'endpoint-target-ports': setting(listOf(port()), {
    group: POOL,
    description: 'The ports, up to 8, at which the pods of --endpoint-selector serve.',
    default: [],
    aliases: ['k8s-port'],
  }),
  kubeconfig: optional(text('FILE', /./, 'a file'), {
    group: POOL,
    description: 'Where the Kubernetes API is and who asks it.',
    defaultText: 'the service account of the pod',
    env: ['KUBECONFIG'],
  }),
  objectives: setting(
    listOf(
      text(
        'NAME=PRIORITY',
        /^[^=\s]+=[+-]?\d{1,15}$/,
        'objectives as NAME=PRIORITY, a whole number',
      ),
    ),
    {
      group: POOL,
      description:
        'Priorities of objectives that no InferenceObjective defines; one of the same name goes before.',
      default: [],
    },
  ),
  'service-discovery': optional(oneOf(['static', 'k8s']), {
    group: STATIC,
    description:
      'Where the model servers are: static ones are those of --static-hosts, those of k8s are the pods of --endpoint-selector or of a pool.',
    defaultText: 'what the other flags name',
  }),
  'static-hosts': setting(
    listOf(text('HOST:PORT', /^\S+$/, 'hosts as HOST:PORT or http://HOST:PORT')),
    {
      group: STATIC,
      description: 'The model servers; names are resolved, and each address is one.',
      default: [],
      aliases: ['static-backends'],
    },
  ),
  'static-models': setting(listOf(text('MODEL')), {
    group: STATIC,
    description:
      'The model that each of the static hosts serves, by its position; several of one host are parted by |.',
    default: [],
    defaultText: 'every host serves every model',
  }),
};

export type DiscoveryConfig = ConfigOf<typeof DISCOVERY_SETTINGS>;
