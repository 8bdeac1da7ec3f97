import type { Decider } from '../plugin.js';
import type { PluginTools } from '../plugin-definition.js';

/**
 * @param parameter where the name stands, for the message
 * @returns undefined where none is named
 * @throws Error where the plugin is not there, or is no decider
 */
export function deciderOf(
  tools: PluginTools,
  parameter: string,
  name: string | undefined,
): Decider | undefined {
  if (name === undefined) return undefined;
  const decider = tools.plugin(name) as Partial<Decider> | undefined;
  if (typeof decider?.disaggregates === 'function') return decider as Decider;
  throw new Error(
    decider
      ? `${parameter} names "${name}", which is no decider`
      : `${parameter} names "${name}", which is not among the plugins`,
  );
}
