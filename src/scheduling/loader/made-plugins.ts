import { ConfigError, quote, reasonOf } from '../../config/config-error.js';
import type { NamedPlugin } from '../picker-setup.js';
import type { LifecycleListener } from '../plugin.js';
import type { PluginTools } from '../plugin-definition.js';
import type { PlannedPlugin } from './plugin-plan.js';

/** What all plugins of a configuration are made with. */
export type SharedTools = Omit<PluginTools, 'name' | 'plugin'>;

/** The plugins of a configuration, each made once. */
export class MadePlugins {
  readonly byName = new Map<string, NamedPlugin>();

  /**
   * @param planned each behind those that it needs
   * @throws ConfigError where one of them cannot be made; those made before are closed
   */
  constructor(planned: readonly PlannedPlugin[], tools: SharedTools, source: string) {
    for (const each of planned) {
      try {
        this.make(each, tools);
      } catch (error) {
        this.close();
        throw new ConfigError(`${source}: plugin ${quote(each.name)}: ${reasonOf(error)}`);
      }
    }
  }

  of<T>({ name }: PlannedPlugin): NamedPlugin<T> {
    return this.byName.get(name) as NamedPlugin<T>;
  }

  close(): void {
    for (const { plugin } of this.byName.values()) (plugin as LifecycleListener).close?.();
  }

  private make({ name, definition, parameters }: PlannedPlugin, tools: SharedTools): void {
    const plugin = definition.create(parameters as never, {
      name,
      logger: tools.logger,
      now: () => tools.now(),
      random: () => tools.random(),
      plugin: (other) => this.byName.get(other)?.plugin,
      services: tools.services,
    });
    this.byName.set(name, { name, type: definition.type, plugin });
  }
}
