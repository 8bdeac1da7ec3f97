import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import {
  AMBIGUOUS,
  ATTRIBUTE_NAME,
  ATTRIBUTE_PRODUCER,
  attributeProducers,
  isUnambiguous,
} from './attribute.js';
import { keep } from '../keep.js';

const COMPARE = {
  LessThan: (value: number, limit: number) => value < limit,
  LessThanOrEqual: (value: number, limit: number) => value <= limit,
  GreaterThan: (value: number, limit: number) => value > limit,
  GreaterThanOrEqual: (value: number, limit: number) => value >= limit,
  Equal: (value: number, limit: number) => value === limit,
  NotEqual: (value: number, limit: number) => value !== limit,
} as const;

export interface EndpointAttributeFilterOptions {
  readonly attribute: string;
  readonly operator: keyof typeof COMPARE;
  readonly value: number;
  /** Servers that do not say the attribute pass. */
  readonly passesMissing: boolean;
  /** Where none passes, all do. */
  readonly fallsBack: boolean;
}

/** Lets through the servers of which an attribute compares with a limit as it should. */
export class EndpointAttributeFilter implements Filter {
  private readonly passes: (endpoint: ScheduledEndpoint) => boolean;

  constructor(private readonly options: EndpointAttributeFilterOptions) {
    const { attribute, operator, value: limit, passesMissing } = options;
    const compare = COMPARE[operator];
    this.passes = ({ state }) => {
      const value = state.custom.get(attribute);
      return value === undefined ? passesMissing : compare(value, limit);
    };
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const kept = keep(endpoints, this.passes);
    return kept.length === 0 && this.options.fallsBack ? endpoints : kept;
  }
}

const THRESHOLD = z.strictObject({
  operator: z
    .enum(['LessThan', 'LessThanOrEqual', 'GreaterThan', 'GreaterThanOrEqual', 'Equal', 'NotEqual'])
    .describe('How the attribute must compare with the value.'),
  value: z.number().describe('The value.'),
});

export const endpointAttributeFilter = definePlugin({
  type: 'endpoint-attribute-filter',
  kinds: ['filter'],
  summary: 'Keeps servers whose attribute compares with a threshold as it should.',
  parameters: z
    .strictObject({
      attribute: ATTRIBUTE_NAME,
      producer: ATTRIBUTE_PRODUCER,
      algorithm: z.strictObject({
        type: z.literal('threshold').describe('The one that there is.'),
        threshold: THRESHOLD,
      }),
      onMissing: z
        .enum(['Pass', 'Fail'])
        .default('Pass')
        .describe('What becomes of servers that do not say it.'),
      fallbackOnEmpty: z.boolean().default(false).describe('Where no server is left, keep all.'),
    })
    .refine(({ attribute, producer }) => isUnambiguous(attribute, producer), {
      path: ['attribute'],
      error: AMBIGUOUS,
    }),
  references: ({ producer }) => attributeProducers(producer),
  create: ({ attribute, algorithm, onMissing, fallbackOnEmpty }) =>
    new EndpointAttributeFilter({
      attribute,
      ...algorithm.threshold,
      passesMissing: onMissing === 'Pass',
      fallsBack: fallbackOnEmpty,
    }),
});
