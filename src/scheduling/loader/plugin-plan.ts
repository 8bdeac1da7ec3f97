import { ConfigError, quote } from '../../config/config-error.js';
import { suggestion } from '../../config/suggestion.js';
import type { PluginDefinition, PluginKind } from '../plugin-definition.js';
import type { PluginSpec } from './config-document.js';
import { explainMistake } from './explain-mistake.js';
import type { PluginCatalog } from './plugin-catalog.js';

/** A plugin that is going to be made. */
export interface PlannedPlugin {
  readonly name: string;
  readonly definition: PluginDefinition;
  readonly parameters: unknown;
}

/** Which plugins a configuration comes to: those that it lists, and those that these cannot do without. */
export class PluginPlan {
  private readonly planned = new Map<string, PlannedPlugin>();
  /** What the writer should know. */
  readonly warnings: string[] = [];

  constructor(
    private readonly catalog: PluginCatalog,
    private readonly source: string,
  ) {}

  /** @throws ConfigError on an unknown type, a name that is there already, or a mistake in the parameters */
  add(spec: PluginSpec): PlannedPlugin {
    const name = spec.name || spec.type;
    const definition = this.catalog.require(spec.type, `${this.source}: plugin ${quote(name)}`);
    if (this.planned.has(name)) {
      throw new ConfigError(
        `${this.source}: two plugins have the name ${quote(name)}; give one of them another name`,
      );
    }
    if (spec.type !== definition.type) {
      this.warnings.push(`plugin type ${spec.type} is the old name of ${definition.type}`);
    }
    return this.put(name, definition, spec.parameters ?? {});
  }

  find(name: string): PlannedPlugin | undefined {
    return this.planned.get(name);
  }

  /** @returns those that can be used as such, in the order of the configuration */
  ofKind(kind: PluginKind): readonly PlannedPlugin[] {
    return [...this.planned.values()].filter(({ definition }) => definition.kinds.includes(kind));
  }

  /** @returns the first one of the type; one with defaults where there is none; undefined where nothing knows the type */
  ensure(type: string): PlannedPlugin | undefined {
    for (const plugin of this.planned.values()) {
      if (plugin.definition.type === type) return plugin;
    }
    const definition = this.catalog.find(type);
    if (!definition) return undefined;
    const name = this.planned.has(type) ? `${type}-default` : type;
    return this.put(name, definition, {});
  }

  /**
   * @param kind what it is used as; undefined where that is its own
   * @param place where the name stands
   * @throws ConfigError where there is no such plugin, or it is something else
   */
  require(name: string, kind: PluginKind | undefined, place: string): PlannedPlugin {
    const plugin = this.planned.get(name);
    if (!plugin) throw this.unknownName(name, place);
    if (kind === undefined || plugin.definition.kinds.includes(kind)) return plugin;
    throw new ConfigError(
      `${this.source}: ${place} names ${quote(name)}, which is a ${plugin.definition.kinds.join(' and ')}, not a ${kind}`,
    );
  }

  /** As {@link require}; what is named by its type and not listed is there with its defaults. */
  requireOrDefault(name: string, kind: PluginKind | undefined, place: string): PlannedPlugin {
    const definition = this.planned.has(name) ? undefined : this.catalog.find(name);
    if (definition && kind && definition.kinds.includes(kind)) this.put(name, definition, {});
    return this.require(name, kind, place);
  }

  /** @returns the mistake, to be thrown */
  private unknownName(name: string, place: string): ConfigError {
    const names = [...this.planned.keys()];
    const near = suggestion(name, names);
    const hint = near ? `did you mean ${near}?` : 'add it to plugins';
    return new ConfigError(
      `${this.source}: ${place} names ${quote(name)}, which is not among the plugins; ${hint}`,
    );
  }

  /**
   * Adds what the plugins need.
   *
   * @returns all of them, each behind those that it needs or names
   * @throws ConfigError where one names another that is not there, or they name each other in a circle
   */
  inOrder(): readonly PlannedPlugin[] {
    const order = new Set<PlannedPlugin>();
    for (const plugin of [...this.planned.values()]) this.visit(plugin, order, []);
    return [...order];
  }

  private visit(
    plugin: PlannedPlugin,
    order: Set<PlannedPlugin>,
    path: readonly PlannedPlugin[],
  ): void {
    if (order.has(plugin)) return;
    if (path.includes(plugin)) {
      const circle = [...path.slice(path.indexOf(plugin)), plugin].map(({ name }) => name);
      throw new ConfigError(
        `${this.source}: plugins name each other in a circle: ${circle.join(' → ')}`,
      );
    }
    const inner = [...path, plugin];
    for (const name of this.referencesOf(plugin)) this.visit(name, order, inner);
    for (const type of plugin.definition.needs?.(plugin.parameters as never) ?? []) {
      const needed = this.ensure(type);
      if (needed) this.visit(needed, order, inner);
      else this.warnings.push(`plugin ${plugin.name} needs a ${type}, which is not there`);
    }
    order.add(plugin);
  }

  private referencesOf({ name, definition, parameters }: PlannedPlugin): PlannedPlugin[] {
    const names = definition.references?.(parameters as never) ?? [];
    return names.map((reference) => {
      const plugin = this.planned.get(reference) ?? this.producerOf(reference);
      if (plugin) return plugin;
      throw this.unknownName(reference, `plugin ${quote(name)}`);
    });
  }

  /** Producers need not be listed: one that is named by its type is there with its defaults. */
  private producerOf(type: string): PlannedPlugin | undefined {
    const definition = this.catalog.find(type);
    return definition?.kinds.includes('producer') ? this.put(type, definition, {}) : undefined;
  }

  private put(name: string, definition: PluginDefinition, given: object): PlannedPlugin {
    const parameters = definition.parameters.safeParse(given);
    if (!parameters.success) {
      const mistake = explainMistake(parameters.error, given, definition.parameters);
      const type = name === definition.type ? '' : ` (${definition.type})`;
      throw new ConfigError(
        `${this.source}: parameters of plugin ${quote(name)}${type}: ${mistake}`,
      );
    }
    const plugin = { name, definition, parameters: parameters.data };
    this.planned.set(name, plugin);
    return plugin;
  }
}
