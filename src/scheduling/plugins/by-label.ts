import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { keep } from '../keep.js';

export interface ByLabelOptions {
  readonly label: string;
  readonly validValues: readonly string[];
  /** Servers without the label pass. */
  readonly allowsNoLabel: boolean;
}

/** Lets through the servers whose label has one of some values. */
export class ByLabelFilter implements Filter {
  private readonly passes: (endpoint: ScheduledEndpoint) => boolean;

  constructor({ label, validValues, allowsNoLabel }: ByLabelOptions) {
    const valid = new Set(validValues);
    this.passes = ({ labels }) => {
      const value = labels[label];
      return value === undefined ? allowsNoLabel : valid.has(value);
    };
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    return keep(endpoints, this.passes);
  }
}

export const byLabel = definePlugin({
  type: 'by-label',
  kinds: ['filter'],
  summary: 'Keeps servers whose label has one of some values. `label-selector-filter` does more.',
  parameters: z
    .strictObject({
      label: z.string().min(1).describe('Label of the server.'),
      validValues: z.array(z.string()).default([]).describe('Values that pass.'),
      allowsNoLabel: z.boolean().default(false).describe('Servers without the label pass.'),
    })
    .refine(({ validValues, allowsNoLabel }) => validValues.length > 0 || allowsNoLabel, {
      path: ['validValues'],
      error: 'name at least one value, or set allowsNoLabel: nothing would ever pass',
    }),
  create: (options) => new ByLabelFilter(options),
});
