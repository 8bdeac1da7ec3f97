import { ConfigError, quote } from '../../config/config-error.js';
import { suggestion } from '../../config/suggestion.js';
import type { PluginDefinition } from '../plugin-definition.js';
import { LLM_D_TYPES } from './llm-d-types.js';

/** The types of plugins that a configuration may name. */
export class PluginCatalog {
  private readonly byType = new Map<string, PluginDefinition>();

  constructor(private readonly definitions: readonly PluginDefinition[]) {
    for (const definition of definitions) {
      for (const type of [definition.type, ...(definition.aliases ?? [])]) {
        this.byType.set(type, definition);
      }
    }
  }

  find(type: string): PluginDefinition | undefined {
    return this.byType.get(type);
  }

  /**
   * @param place where the type stands
   * @throws ConfigError that names the type and the nearest that there is
   */
  require(type: string, place: string): PluginDefinition {
    const definition = this.byType.get(type);
    if (definition) return definition;
    const known = LLM_D_TYPES.has(type)
      ? `${place}: llm-d has the plugin type ${quote(type)}, Tandem does not`
      : `${place}: unknown plugin type ${quote(type)}`;
    throw new ConfigError(`${known}; ${this.hint(type)}`);
  }

  /** The closest by letters, else that which has most words in common. */
  private hint(type: string): string {
    const types = this.definitions.map((definition) => definition.type);
    const close = suggestion(type, types);
    if (close !== undefined) return `did you mean ${close}?`;
    const words = new Set(type.toLowerCase().split(/[^a-z0-9]+/));
    const common = (other: string): number =>
      other.split('-').filter((word) => words.has(word)).length;
    const nearest = types.reduce((best, other) => (common(other) > common(best) ? other : best));
    return common(nearest) > 0
      ? `the nearest that there is is ${nearest}`
      : `there are others, such as ${nearest}`;
  }
}
