import { markdownTable } from '../config/reference.js';
import { LLM_D_TYPES } from './loader/llm-d-types.js';
import { parametersOf, type Parameter } from './plugin-parameters.js';
import type { PluginDefinition, PluginKind } from './plugin-definition.js';

/** In the order in which a request meets them, and what they are called. */
const SECTIONS: Readonly<Record<PluginKind, string>> = {
  parser: 'Parsers',
  'data-source': 'Data sources',
  'data-extractor': 'Data extractors',
  discovery: 'Discovery',
  producer: 'Producers',
  admission: 'Admission',
  'saturation-detector': 'Saturation detectors',
  'fairness-policy': 'Fairness policies',
  'ordering-policy': 'Ordering policies',
  'usage-limit-policy': 'Usage limit policies',
  'profile-handler': 'Profile handlers',
  decider: 'Deciders',
  filter: 'Filters',
  scorer: 'Scorers',
  picker: 'Pickers',
  'header-writer': 'Header writers',
  reporter: 'Reporters',
};

const INTRODUCTION = `# Plugins of the picker

This page is generated from the plugins (\`npm run docs\`): all types that an \`EndpointPickerConfig\` may name.

\`\`\`yaml
apiVersion: llm-d.ai/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: queue-scorer
  - type: prefix-cache-scorer
    parameters: { matchLengthWeight: 0.5 }
schedulingProfiles:
  - name: default
    plugins:
      - { pluginRef: queue-scorer, weight: 2 }
      - { pluginRef: prefix-cache-scorer, weight: 3 }
\`\`\`

Names, parameters and defaults are llm-d's. A parameter that a plugin does not have is a mistake; so is a type that is not here. Scores are from 0 to 1, before the weight. A server whose metrics were not read yet counts as idle; one whose metrics can no longer be read keeps those that were read last.`;

/** docs/picker-plugins.md: what a configuration may name, by what it is used as. */
export function pluginsPage(definitions: readonly PluginDefinition[]): string {
  const kinds = Object.keys(SECTIONS) as PluginKind[];
  const sections = kinds.flatMap((kind) => {
    const plugins = definitions.filter(({ kinds: [first] }) => first === kind);
    return plugins.length === 0 ? [] : [`## ${SECTIONS[kind]}`, ...plugins.map(pluginSection)];
  });
  return [INTRODUCTION, ...sections, missing(definitions), ''].join('\n\n');
}

function pluginSection(definition: PluginDefinition): string {
  const { type, kinds, aliases = [], summary, parameters } = definition;
  const notes = [
    ...(kinds.length > 1 ? [`Used as ${kinds.join(' and ')}.`] : []),
    ...(aliases.length > 0 ? [`Also called ${code(aliases)}.`] : []),
  ];
  const rows = parametersOf(parameters).map(row);
  return [
    `### ${type}`,
    [summary, ...notes].join(' '),
    ...(rows.length > 0 ? [markdownTable(['Parameter', 'Value', 'Default', 'Meaning'], rows)] : []),
  ].join('\n\n');
}

function row({ name, value, need, byDefault, meaning }: Parameter): string[] {
  const fallback = byDefault === undefined ? '–' : `\`${byDefault}\``;
  const required = need === 'always' ? 'required' : need && 'required in it';
  return [`\`${name}\``, value, required ?? fallback, meaning];
}

function missing(definitions: readonly PluginDefinition[]): string {
  const known = new Set(definitions.flatMap(({ type, aliases = [] }) => [type, ...aliases]));
  const types = [...LLM_D_TYPES].filter((type) => !known.has(type)).sort();
  return [
    '## What llm-d has and Tandem has not',
    'A configuration that names one of these is refused, with a line that names the nearest type of this page.',
    `${code(types)}.`,
  ].join('\n\n');
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(', ');
}
