import { boolean, oneOf, port, seconds, text, wordsOf, type Kind } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';

function labels(): Kind<string[]> {
  return wordsOf(text('KEY=VALUE', /^[^=\s]+=\S*$/, 'labels as KEY=VALUE'));
}

/** Where workers are found that nobody names. */
export const DISCOVERY_SETTINGS = {
  'discovery-provider': optional(oneOf(['file', 'kubernetes']), {
    group: 'Discovery',
    description:
      'Where workers are found: in --discovery-file, or in the pods that --selector selects. Workers of flags and of the worker API are used beside them.',
    defaultText: 'kubernetes with --service-discovery, else nowhere',
  }),
  'discovery-file': optional(text('FILE', /./, 'a file'), {
    group: 'Discovery',
    description: 'A JSON file that names workers; read anew when it changes.',
  }),
  'discovery-check-interval-secs': setting(seconds(0.01), {
    group: 'Discovery',
    description:
      'How often the file is read, or all pods are listed, whether a change was seen or not.',
    default: 30,
  }),
  'service-discovery': setting(boolean(), {
    group: 'Discovery',
    description: 'Find workers in pods; the same as --discovery-provider kubernetes.',
    default: false,
  }),
  selector: setting(labels(), {
    group: 'Discovery',
    description: 'The labels of pods that are workers, all of them.',
    default: [],
  }),
  'prefill-selector': setting(labels(), {
    group: 'Discovery',
    description: 'The labels of pods that are prefill workers.',
    default: [],
  }),
  'decode-selector': setting(labels(), {
    group: 'Discovery',
    description: 'The labels of pods that are decode workers.',
    default: [],
  }),
  'service-discovery-port': setting(port(), {
    group: 'Discovery',
    description: 'The port at which pods serve.',
    default: 8000,
  }),
  'service-discovery-namespace': optional(text('NAMESPACE', /./, 'a namespace'), {
    group: 'Discovery',
    description: 'The namespace of the pods.',
    defaultText: 'all namespaces, for which a ClusterRole is needed',
  }),
  kubeconfig: optional(text('FILE', /./, 'a file'), {
    group: 'Discovery',
    description: 'Where the Kubernetes API is and who asks it.',
    defaultText: 'the service account of the pod',
    env: ['KUBECONFIG'],
  }),
};
