import * as z from 'zod';
import { definePlugin } from '../scheduling/plugin-definition.js';
import { ENGINE_CONFIG, engineOf, type EngineConfig } from './engine-config.schema.js';
import type { Engine } from './engine.js';
import { DEFAULT_ENGINE, ENGINE_LABEL, ENGINES } from './engines.js';

export const CORE_METRICS_EXTRACTOR = 'core-metrics-extractor';

/** What is read of pages of metrics. */
export class CoreMetricsExtractor {
  /** @param engines of each name one */
  constructor(
    readonly engineLabelKey: string,
    readonly defaultEngine: string,
    readonly engines: readonly Engine[],
  ) {}
}

const parameters = z
  .strictObject({
    engineLabelKey: z
      .string()
      .min(1)
      .default(ENGINE_LABEL)
      .describe('Label of an endpoint that says which engine runs there.'),
    defaultEngine: z
      .string()
      .default(DEFAULT_ENGINE)
      .describe('Engine of endpoints without that label.'),
    engineConfigs: z
      .array(ENGINE_CONFIG)
      .default([])
      .describe('Where engines tell what; known ones need only what differs.'),
  })
  .superRefine(({ defaultEngine, engineConfigs }, context) => {
    const given = engineConfigs.map(({ name }) => name);
    const twice = given.find((name, at) => given.indexOf(name) !== at);
    if (twice !== undefined) context.addIssue(`engineConfigs has "${twice}" twice; keep one`);
    const names = [...new Set([...ENGINES.map(({ name }) => name), ...given])];
    if (names.includes(defaultEngine)) return;
    context.addIssue(`defaultEngine "${defaultEngine}" is none of ${names.join(', ')}`);
  });

/** @returns all engines: those that are known, changed as a configuration says, and its further ones */
export function mergedEngines(configs: readonly EngineConfig[]): readonly Engine[] {
  const engines = new Map(ENGINES.map((engine) => [engine.name, engine]));
  for (const config of configs) {
    engines.set(config.name, engineOf(config, engines.get(config.name)));
  }
  return [...engines.values()];
}

export const coreMetricsExtractor = definePlugin({
  type: CORE_METRICS_EXTRACTOR,
  kinds: ['data-extractor'],
  summary:
    'Reads queues, the KV cache and adapters from pages of metrics, for five engines and others.',
  parameters,
  create: ({ engineLabelKey, defaultEngine, engineConfigs }) =>
    new CoreMetricsExtractor(engineLabelKey, defaultEngine, mergedEngines(engineConfigs)),
});
