import * as z from 'zod';

/** The plugin that reads further metrics of model servers: see `ServerState.custom`. */
const METRICS_PRODUCER = 'core-metrics-extractor';

export const ATTRIBUTE_NAME = z
  .string()
  .min(1)
  .describe('Attribute of the server, as `customMetrics` of core-metrics-extractor call it.');

export const ATTRIBUTE_PRODUCER = z
  .string()
  .optional()
  .describe('Name of the plugin that says it, where that is not core-metrics-extractor.');

/** An attribute that holds a slash looks like the older `attribute/producer`. */
export function isUnambiguous(attribute: string, producer: string | undefined): boolean {
  return producer !== undefined || !attribute.includes('/');
}

export const AMBIGUOUS = 'has a slash: say its producer too, "" for none in particular';

/** @returns the names of plugins that the configuration must have */
export function attributeProducers(producer: string | undefined): readonly string[] {
  return producer && producer !== METRICS_PRODUCER ? [producer] : [];
}
