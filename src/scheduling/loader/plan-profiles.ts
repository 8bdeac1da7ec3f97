import { ConfigError, quote } from '../../config/config-error.js';
import type { ConfigDocument, ProfileSpec } from './config-document.js';
import type { PlannedPlugin, PluginPlan } from './plugin-plan.js';

/** A profile whose plugins are not made yet. */
export interface PlannedProfile {
  readonly name: string;
  readonly filters: readonly PlannedPlugin[];
  readonly scorers: readonly { readonly plugin: PlannedPlugin; readonly weight: number }[];
  readonly picker: PlannedPlugin;
}

const DEFAULT_WEIGHT = 1;
const DEFAULT_PICKER = 'max-score-picker';
const DEFAULT_HANDLER = 'single-profile-handler';

/**
 * @returns the profiles in the order of the configuration; without any one of all filters, scorers and pickers
 * @throws ConfigError on a name that comes twice, an unknown plugin, or a second picker
 */
export function planProfiles(
  { schedulingProfiles }: ConfigDocument,
  plan: PluginPlan,
  source: string,
): readonly PlannedProfile[] {
  const names = new Set<string>();
  const specs = schedulingProfiles.length > 0 ? schedulingProfiles : [everything(plan)];
  return specs.map((spec) => {
    if (names.has(spec.name)) {
      throw new ConfigError(`${source}: two scheduling profiles have the name ${quote(spec.name)}`);
    }
    names.add(spec.name);
    return planProfile(spec, plan, source);
  });
}

function everything(plan: PluginPlan): ProfileSpec {
  const names = new Set(
    (['filter', 'scorer', 'picker'] as const).flatMap((kind) =>
      plan.ofKind(kind).map(({ name }) => name),
    ),
  );
  return { name: 'default', plugins: [...names].map((pluginRef) => ({ pluginRef })) };
}

function planProfile(spec: ProfileSpec, plan: PluginPlan, source: string): PlannedProfile {
  const filters: PlannedPlugin[] = [];
  const scorers: PlannedProfile['scorers'][number][] = [];
  let picker: PlannedPlugin | undefined;
  const place = `scheduling profile ${quote(spec.name)}`;
  for (const { pluginRef, weight } of spec.plugins) {
    const plugin = plan.require(pluginRef, undefined, place);
    const { kinds } = plugin.definition;
    if (kinds.includes('filter')) filters.push(plugin);
    if (kinds.includes('scorer')) scorers.push({ plugin, weight: weight ?? DEFAULT_WEIGHT });
    if (kinds.includes('picker')) {
      if (picker) {
        throw new ConfigError(
          `${source}: ${place} has two pickers, ${quote(picker.name)} and ${quote(pluginRef)}; leave one out`,
        );
      }
      picker = plugin;
    }
    if (!kinds.some((kind) => kind === 'filter' || kind === 'scorer' || kind === 'picker')) {
      plan.warnings.push(
        `${place}: ${pluginRef} is a ${kinds.join(' and ')}, it does nothing there`,
      );
    }
  }
  picker ??= plan.ensure(DEFAULT_PICKER);
  if (!picker) throw new ConfigError(`${source}: ${place} has no picker`);
  return { name: spec.name, filters, scorers, picker };
}

/**
 * @returns the one profile handler
 * @throws ConfigError where there are two, or none for several profiles
 */
export function planHandler(
  profiles: readonly PlannedProfile[],
  plan: PluginPlan,
  source: string,
): PlannedPlugin {
  const [handler, second] = plan.ofKind('profile-handler');
  if (handler && second) {
    throw new ConfigError(
      `${source}: two profile handlers, ${quote(handler.name)} and ${quote(second.name)}; leave one out`,
    );
  }
  if (handler) return handler;
  const names = profiles.map(({ name }) => name).join(', ');
  const fallback = profiles.length === 1 ? plan.ensure(DEFAULT_HANDLER) : undefined;
  if (fallback) return fallback;
  throw new ConfigError(
    `${source}: there are ${profiles.length} scheduling profiles (${names}) and no profile handler; add disagg-profile-handler or header-profile-handler to plugins`,
  );
}
