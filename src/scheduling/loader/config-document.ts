import { LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { ConfigError, quote, reasonOf } from '../../config/config-error.js';
import { flowControlSection } from '../../flow-control/flow-control-config.js';
import { explainMistake } from './explain-mistake.js';

const API_VERSIONS = ['llm-d.ai/v1alpha1', 'inference.networking.x-k8s.io/v1alpha1'] as const;
const KIND = 'EndpointPickerConfig';

const PLUGIN_REF = z.strictObject({ pluginRef: z.string().min(1) });

const PLUGIN = z.strictObject({
  name: z.string().optional(),
  type: z.string().min(1),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

const PROFILE = z.strictObject({
  name: z.string().min(1),
  plugins: z
    .array(PLUGIN_REF.extend({ weight: z.number().nullish() }))
    .nullish()
    .transform((plugins) => plugins ?? []),
});

const DATA_LAYER = z.strictObject({
  injectDefaults: z.boolean().nullish(),
  sources: z
    .array(PLUGIN_REF.extend({ extractors: z.array(PLUGIN_REF).nullish() }))
    .nullish()
    .transform((sources) => sources ?? []),
  discovery: PLUGIN_REF.nullish(),
  peerDiscovery: PLUGIN_REF.nullish(),
  crossReplicaSyncerPluginRef: z.string().nullish(),
  crossReplicaSyncInterval: z.string().nullish(),
});

const DOCUMENT = z.strictObject({
  apiVersion: z.enum(API_VERSIONS),
  kind: z.literal(KIND),
  featureGates: z.array(z.string()).nullish(),
  plugins: z
    .array(PLUGIN)
    .nullish()
    .transform((plugins) => plugins ?? []),
  schedulingProfiles: z
    .array(PROFILE)
    .nullish()
    .transform((profiles) => profiles ?? []),
  dataLayer: DATA_LAYER.nullish(),
  flowControl: flowControlSection.nullish(),
  requestHandler: z.strictObject({ parsers: z.array(PLUGIN_REF).nullish() }).nullish(),
  saturationDetector: z.strictObject({ pluginRef: z.string().nullish() }).nullish(),
  parser: PLUGIN_REF.nullish(),
});

/** An EndpointPickerConfig as it is written, its form checked. */
export type ConfigDocument = z.output<typeof DOCUMENT>;
export type PluginSpec = ConfigDocument['plugins'][number];
export type ProfileSpec = ConfigDocument['schedulingProfiles'][number];

/**
 * @param text YAML or JSON
 * @param source how messages call it
 * @throws ConfigError on what is not such a document: a line that names the place
 */
export function readConfigDocument(text: string, source: string): ConfigDocument {
  const value = parsed(text, source);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${source}: expected a mapping with apiVersion, kind and plugins`);
  }
  refuseOtherKinds(value as Record<string, unknown>, source);
  const document = DOCUMENT.safeParse(value);
  if (document.success) return document.data;
  throw new ConfigError(`${source}: ${explainMistake(document.error, value, DOCUMENT)}`);
}

function parsed(text: string, source: string): unknown {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, merge: true, lineCounter });
  const [error] = document.errors;
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw new ConfigError(`${source}, line ${line}: no YAML: ${error.message}`);
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (failure) {
    throw new ConfigError(`${source}: no YAML: ${reasonOf(failure)}`);
  }
}

function refuseOtherKinds({ apiVersion, kind }: Record<string, unknown>, source: string): void {
  if (kind !== KIND) {
    throw new ConfigError(`${source}: kind is ${told(kind)}, give ${KIND}`);
  }
  if (!(API_VERSIONS as readonly unknown[]).includes(apiVersion)) {
    throw new ConfigError(
      `${source}: apiVersion is ${told(apiVersion)}, give ${API_VERSIONS.join(' or ')}`,
    );
  }
}

function told(value: unknown): string {
  return value === undefined ? 'missing' : quote(value);
}
