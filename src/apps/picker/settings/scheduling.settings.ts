import { boolean, duration, text } from '../../../config/kinds.js';
import { optional, setting } from '../../../config/setting.js';

const group = 'Scheduling';

/** How endpoints are picked, and how much is told of it. */
export const SCHEDULING_SETTINGS = {
  'config-file': optional(text('FILE', /./, 'a file'), {
    group,
    description: 'The EndpointPickerConfig, as YAML or JSON.',
    defaultText: "llm-d's default profile",
  }),
  'config-text': optional(text('YAML', /./, 'an EndpointPickerConfig'), {
    group,
    description: 'The EndpointPickerConfig itself, in place of a file.',
  }),
  'decision-timeout': optional(duration(), {
    group,
    description:
      'How long a decision may take from the last byte of a request, its time in queues included; then 503.',
    defaultText: '5s without queues, which have limits of their own',
  }),
  explain: setting(boolean(), {
    group,
    description:
      'Answer x-tandem-explain: 1 with the reasons of a decision in x-tandem-decision, and serve the last ones at /debug/decisions of the metrics port.',
    default: false,
  }),
  'emit-endpoint-scores': setting(boolean(), {
    group,
    description:
      'Tell the proxy the scores of the picked endpoints, as dynamic metadata x-gateway-destination-endpoint-scores.',
    default: false,
  }),
  'disable-endpoint-subset-filter': setting(boolean(), {
    group,
    description: "Take no notice of the proxy's hint to which endpoints a request may go.",
    default: false,
  }),
};
