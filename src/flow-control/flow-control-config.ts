import * as z from 'zod';
import { duration } from '../config/kinds.js';
import { parseQuantity } from './quantity.js';

/** A whole number, or a text with a suffix of Kubernetes. 0 means that there is no limit of its own. */
const quantity = z.union([z.number(), z.string()]).transform((value, context) => {
  const parsed = parseQuantity(String(value));
  if (parsed !== undefined) return parsed;
  context.addIssue('a quantity such as 5000, 1G or 512Mi');
  return z.NEVER;
});

const pluginRef = z.string().min(1);

/** Of requests of one priority. */
const bandLimits = {
  maxBytes: quantity.optional(),
  maxRequests: quantity.optional(),
  defaultRequestTTL: duration().schema.optional(),
  fairnessPolicyRef: pluginRef.optional(),
  orderingPolicyRef: pluginRef.optional(),
};

/** llm-d's own templates name a priority too; it says nothing there. */
const bandTemplate = z.strictObject({ ...bandLimits, priority: z.int().optional() });
const priorityBand = z.strictObject({ ...bandLimits, priority: z.int() });

/** The member `flowControl` of an EndpointPickerConfig. Strict; durations come out in milliseconds, quantities as numbers. */
export const flowControlSection = z.strictObject({
  maxBytes: quantity.optional(),
  maxRequests: quantity.optional(),
  defaultRequestTTL: duration().schema.optional(),
  noEndpointRequestTTL: duration().schema.optional(),
  defaultPriorityBand: bandTemplate.optional(),
  defaultNegativePriorityBand: bandTemplate.optional(),
  priorityBands: z.array(priorityBand).superRefine(refuseRepeated).optional(),
  usageLimitPolicyPluginRef: pluginRef.optional(),
  saturationDetector: z.strictObject({ pluginRef: pluginRef.optional() }).optional(),
  enableEviction: z.boolean().optional(),
});

export type FlowControlSection = z.infer<typeof flowControlSection>;
export type BandSection = z.infer<typeof bandTemplate>;

function refuseRepeated(
  bands: readonly { readonly priority: number }[],
  context: z.core.$RefinementCtx,
): void {
  const seen = new Set<number>();
  bands.forEach(({ priority }, at) => {
    if (seen.has(priority)) {
      context.addIssue({
        code: 'custom',
        path: [at, 'priority'],
        message: 'a priority that no other band has',
      });
    }
    seen.add(priority);
  });
}
