import type * as z from 'zod';
import type { Logger } from '../logging/logger.js';

/** What plugins are made with: time and chance are handed in. */
export interface PluginTools {
  /** Of this instance, in the configuration. */
  readonly name: string;
  readonly logger: Logger;
  /** Milliseconds of a clock that never goes back: `performance.now()`. */
  now(): number;
  /** From 0 up to, but not including, 1. */
  random(): number;
  /** Another plugin of the configuration, which is made already: see {@link PluginDefinition.references}. */
  plugin(name: string): object | undefined;
  /** What the program has beside plugins, by its name: the loader hands through what it was given. */
  readonly services: PluginServices;
}

/** What plugins share with the program. Rooms add their own by declaration merging. */
export interface PluginServices {}

/** What a plugin can be used as. */
export type PluginKind =
  | 'filter'
  | 'scorer'
  | 'picker'
  | 'profile-handler'
  | 'header-writer'
  | 'decider'
  | 'producer'
  | 'saturation-detector'
  | 'fairness-policy'
  | 'ordering-policy'
  | 'usage-limit-policy'
  | 'parser'
  | 'data-source'
  | 'data-extractor'
  | 'discovery'
  | 'admission'
  | 'reporter';

/** One type of plugin that a configuration may name. */
export interface PluginDefinition<P = never> {
  readonly type: string;
  /** Older names of the type. */
  readonly aliases?: readonly string[];
  readonly kinds: readonly PluginKind[];
  /** What it does in a sentence, for people who read the list of plugins; parameters have a `describe` of their own. */
  readonly summary: string;
  /** Strict: an unknown parameter is a mistake. */
  readonly parameters: z.ZodType<P>;
  /** Names of other plugins that its parameters name: those are made first. */
  references?(parameters: P): readonly string[];
  /** Types that it cannot do without: where the configuration has none of that type, one with defaults is made. */
  needs?(parameters: P): readonly string[];
  create(parameters: P, tools: PluginTools): object;
}

/** Keeps the type of the parameters while it is written down; lists hold all sorts. */
export function definePlugin<P>(definition: PluginDefinition<P>): PluginDefinition {
  return definition as unknown as PluginDefinition;
}
