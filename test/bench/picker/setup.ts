import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PREFILL_DECODE } from '../../support/picker-configs.js';

/** How a picker is set up for a row of the table. */
export interface PickerSetup {
  readonly profile: keyof typeof PROFILES;
  readonly endpoints: number;
}

/** What configurations hold that only one program has. */
export type Dialect = 'tandem' | 'llm-d';

const HEAD = 'apiVersion: llm-d.ai/v1alpha1\nkind: EndpointPickerConfig\n';
const DISCOVERY = 'dataLayer:\n  discovery:\n    pluginRef: file-discovery\n';
/** Model servers are asked once an hour: llm-d takes no scorer of their metrics without a source of them. */
const NO_POLLS = `${DISCOVERY}  sources:
  - pluginRef: metrics-data-source
    extractors:
    - pluginRef: core-metrics-extractor
`;
const ONCE_AN_HOUR =
  '- type: core-metrics-extractor\n- type: metrics-data-source\n  parameters:\n    interval: 1h\n';
/** llm-d's own, which is also that of a picker without a configuration. */
const DEFAULT = `${HEAD}
plugins:
- type: queue-scorer
- type: kv-cache-utilization-scorer
- type: prefix-cache-scorer
- type: max-score-picker
- type: single-profile-handler
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: queue-scorer
    weight: 2
  - pluginRef: kv-cache-utilization-scorer
    weight: 2
  - pluginRef: prefix-cache-scorer
    weight: 3
  - pluginRef: max-score-picker
`;
const ROUND_ROBIN = `${HEAD}
plugins:
- type: router-policy
  parameters:
    policy: round_robin
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: router-policy
`;
/** The least that llm-d has to choose by. */
const RANDOM = `${HEAD}
plugins:
- type: random-picker
- type: single-profile-handler
schedulingProfiles:
- name: default
  plugins:
  - pluginRef: random-picker
`;

const PROFILES = {
  default: () => DEFAULT + DISCOVERY,
  /** The same work for each request, and no model server is polled beside it. */
  unpolled: () => DEFAULT + NO_POLLS,
  pd: () => PREFILL_DECODE + DISCOVERY,
  'round-robin': (dialect: Dialect) => (dialect === 'tandem' ? ROUND_ROBIN : RANDOM) + NO_POLLS,
} as const;

/**
 * Writes the configuration and the list of endpoints, half of which prefill where that matters.
 *
 * @param ports of model servers, of which as many are taken as the setup says
 * @returns the paths of both
 */
export function writeSetup(
  folder: string,
  { profile, endpoints }: PickerSetup,
  dialect: Dialect,
  ports: readonly number[],
): { readonly config: string; readonly list: string } {
  const list = join(folder, 'endpoints.json');
  const config = join(folder, 'config.yaml');
  const entries = ports.slice(0, endpoints).map((port, i) => ({
    ...{ name: `server-${i}`, address: '127.0.0.1', port: String(port) },
    ...(profile === 'pd' && { labels: { 'llm-d.ai/role': i % 2 === 0 ? 'prefill' : 'decode' } }),
  }));
  writeFileSync(list, JSON.stringify({ endpoints: entries }));
  const discovery = `plugins:\n- type: file-discovery\n  parameters:\n    path: ${list}\n    watchFile: false\n`;
  const text = PROFILES[profile](dialect);
  const polls = text.includes('metrics-data-source') ? ONCE_AN_HOUR : '';
  writeFileSync(
    config,
    text.replace('plugins:\n', () => discovery + polls),
  );
  return { config, list };
}
