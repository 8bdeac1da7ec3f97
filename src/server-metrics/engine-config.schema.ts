import * as z from 'zod';
import type { Engine } from './engine.js';
import { parseMetricSpec, type MetricSpec } from './page/metric-spec.js';

const spec = z.string().transform((text, context): MetricSpec => {
  const parsed = parseMetricSpec(text);
  if (parsed) return parsed;
  context.addIssue(`expected name or name{label=value,…}, got "${text}"`);
  return z.NEVER;
});

/** '' says that the engine does not tell it. */
const optionalSpec = z.union([z.literal(''), spec]).optional();

/** What a configuration says of one engine; what it leaves out stays as it is known of the engine of that name. */
export const ENGINE_CONFIG = z.strictObject({
  name: z.string().min(1).describe('Value of the label that says which engine runs.'),
  queuedRequestsSpec: optionalSpec.describe('Requests that wait.'),
  runningRequestsSpec: optionalSpec.describe('Requests that are worked on.'),
  kvUsageSpec: optionalSpec.describe('Used part of the KV cache, from 0 to 1.'),
  loraSpec: optionalSpec.describe('Adapters, in its labels.'),
  cacheInfoSpec: optionalSpec.describe('The cache, in its labels.'),
  cacheBlockSizeLabelName: z.string().optional().describe('Label with the tokens of a block.'),
  cacheNumBlocksLabelName: z.string().optional().describe('Label with the number of blocks.'),
  cacheBlockSizeSpec: optionalSpec.describe('Tokens of a block, as a value.'),
  cacheNumBlocksSpec: optionalSpec.describe('Blocks, as a value.'),
  customMetrics: z
    .array(z.strictObject({ attributeKey: z.string().min(1), metricSpec: spec }))
    .max(32)
    .optional()
    .describe('Further values, under the names that plugins ask for.'),
});

export type EngineConfig = z.infer<typeof ENGINE_CONFIG>;

/** @param known what is known of the engine of that name */
export function engineOf(config: EngineConfig, known: Engine | undefined): Engine {
  const { kvUsageSpec, customMetrics } = config;
  return {
    name: config.name,
    waiting: either(config.queuedRequestsSpec, known?.waiting),
    running: either(config.runningRequestsSpec, known?.running),
    kvUsage: kvUsageSpec === undefined ? (known?.kvUsage ?? []) : listed(kvUsageSpec),
    lora: either(config.loraSpec, known?.lora),
    cacheInfo: either(config.cacheInfoSpec, known?.cacheInfo),
    blockSizeLabel: config.cacheBlockSizeLabelName ?? known?.blockSizeLabel,
    blocksLabel: config.cacheNumBlocksLabelName ?? known?.blocksLabel,
    blockSize: either(config.cacheBlockSizeSpec, known?.blockSize),
    blocks: either(config.cacheNumBlocksSpec, known?.blocks),
    custom: (customMetrics ?? []).map((one) => ({
      attribute: one.attributeKey,
      spec: one.metricSpec,
    })),
    rankLabel: known?.rankLabel,
  };
}

function either(
  given: MetricSpec | '' | undefined,
  known: MetricSpec | undefined,
): MetricSpec | undefined {
  if (given === undefined) return known;
  return given === '' ? undefined : given;
}

const listed = (given: MetricSpec | ''): MetricSpec[] => (given === '' ? [] : [given]);
