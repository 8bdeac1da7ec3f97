import { ConfigError, quote } from '../config/config-error.js';
import { DEFAULT_PICKER_CONFIG } from './default-config.js';
import { readConfigDocument, type ConfigDocument } from './loader/config-document.js';
import { readFeatureGates } from './loader/feature-gates.js';
import { MadePlugins, type SharedTools } from './loader/made-plugins.js';
import { planDiscovery, planSources, type PlannedSource } from './loader/plan-data-layer.js';
import { planDetector, planFlowControl } from './loader/plan-flow-control.js';
import { parserTableOf, planParsers } from './loader/plan-parsers.js';
import { planHandler, planProfiles, type PlannedProfile } from './loader/plan-profiles.js';
import { PluginCatalog } from './loader/plugin-catalog.js';
import { PluginPlan, type PlannedPlugin } from './loader/plugin-plan.js';
import type { RequestParser } from './parser-table.js';
import type { FlowControlSetup, NamedPlugin, PickerSetup, ProfileSetup } from './picker-setup.js';
import type { LifecycleListener, ProfileHandler } from './plugin.js';
import type { PluginDefinition } from './plugin-definition.js';

/** What a configuration is made into plugins with. */
export interface LoaderTools extends SharedTools {
  /** How messages call the configuration: a path, or a flag. */
  readonly source: string;
}

/** What a configuration comes to before a plugin is made. */
interface Plan {
  readonly document: ConfigDocument;
  readonly profiles: readonly PlannedProfile[];
  readonly handler: PlannedPlugin;
  readonly parsers: readonly PlannedPlugin[];
  readonly flowControl: FlowControlSetup;
  readonly detector: PlannedPlugin | undefined;
  readonly sources: readonly PlannedSource[];
  readonly discovery: PlannedPlugin | undefined;
  readonly featureGates: ReadonlyMap<string, boolean>;
  /** Each behind those that it needs. */
  readonly plugins: readonly PlannedPlugin[];
  readonly warnings: string[];
}

/**
 * Reads an EndpointPickerConfig as llm-d does and makes its plugins.
 *
 * @param text YAML or JSON; undefined for llm-d's default configuration
 * @param definitions the types of plugins that there are
 * @throws ConfigError on any mistake: a line that names it and says the mend
 */
export function loadPickerConfig(
  text: string | undefined,
  definitions: readonly PluginDefinition[],
  tools: LoaderTools,
): PickerSetup {
  const plan = planConfig(text ?? DEFAULT_PICKER_CONFIG, definitions, tools.source);
  const made = new MadePlugins(plan.plugins, tools, tools.source);
  try {
    return setupOf(plan, made, tools.source);
  } catch (error) {
    made.close();
    throw error;
  }
}

function planConfig(text: string, definitions: readonly PluginDefinition[], source: string): Plan {
  const document = readConfigDocument(text, source);
  const featureGates = readFeatureGates(document.featureGates ?? [], source);
  const plan = new PluginPlan(new PluginCatalog(definitions), source);
  if (document.apiVersion.startsWith('inference.')) {
    plan.warnings.push(`apiVersion ${document.apiVersion} is old: write llm-d.ai/v1alpha1`);
  }
  for (const spec of document.plugins) plan.add(spec);
  const profiles = planProfiles(document, plan, source);
  return {
    ...{ document, profiles, featureGates },
    handler: planHandler(profiles, plan, source),
    parsers: planParsers(document, plan),
    flowControl: planFlowControl(document, plan, featureGates.get('flowControl') ?? false),
    detector: planDetector(document, plan),
    sources: planSources(document, plan),
    discovery: planDiscovery(document, plan),
    plugins: plan.inOrder(),
    warnings: plan.warnings,
  };
}

function setupOf(plan: Plan, made: MadePlugins, source: string): PickerSetup {
  const handler = made.of<ProfileHandler>(plan.handler);
  const mistake = handler.plugin.mistakeIn?.(plan.profiles.map(({ name }) => name));
  if (mistake !== undefined) {
    throw new ConfigError(`${source}: profile handler ${quote(handler.name)}: ${mistake}`);
  }
  const parsers = plan.parsers.map((parser) => made.of<RequestParser>(parser));
  return {
    profiles: plan.profiles.map((profile) => profileOf(profile, made)),
    handler,
    headerWriters: ofKind(plan, made, 'header-writer'),
    producers: ofKind(plan, made, 'producer'),
    parsers: parserTableOf(parsers, plan.warnings),
    plugins: made.byName,
    listeners: [...made.byName.values()].filter(isListener),
    flowControl: plan.flowControl,
    saturationDetector: plan.detector && made.of(plan.detector),
    dataSources: plan.sources.map(({ source: from, extractors }) => ({
      source: made.of(from),
      extractors: extractors.map((extractor) => made.of(extractor)),
    })),
    discovery: plan.discovery && made.of(plan.discovery),
    featureGates: plan.featureGates,
    warnings: plan.warnings,
  };
}

function profileOf(profile: PlannedProfile, made: MadePlugins): ProfileSetup {
  return {
    name: profile.name,
    filters: profile.filters.map((filter) => made.of(filter)),
    scorers: profile.scorers.map(({ plugin, weight }) => ({ ...made.of(plugin), weight })),
    picker: made.of(profile.picker),
  };
}

function ofKind<T>(
  { plugins }: Plan,
  made: MadePlugins,
  kind: PluginDefinition['kinds'][number],
): readonly NamedPlugin<T>[] {
  return plugins
    .filter(({ definition }) => definition.kinds.includes(kind))
    .map((plugin) => made.of<T>(plugin));
}

const EVENTS = ['decided', 'answerHeaders', 'ended', 'added', 'removed', 'close'] as const;

function isListener(named: NamedPlugin): named is NamedPlugin<LifecycleListener> {
  return EVENTS.some((event) => typeof (named.plugin as LifecycleListener)[event] === 'function');
}
