import { text } from './kinds.js';
import { optional } from './setting.js';

const group = 'Configuration';

/** Every program has these two: they say where the rest of its settings stand. */
export const FILE_SETTINGS = {
  'configuration-file': optional(text('FILE'), {
    group,
    description:
      'A YAML or JSON file of settings; its keys are the flags’ names without dashes. Flags and variables win over it.',
    aliases: ['config'],
  }),
  configuration: optional(text('YAML'), {
    group,
    description: 'The same, written inline: {port: 8000, kv-connector: nixlv2}.',
  }),
} as const;
