import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Scorer } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import {
  AMBIGUOUS,
  ATTRIBUTE_NAME,
  ATTRIBUTE_PRODUCER,
  attributeProducers,
  isUnambiguous,
} from './attribute.js';
import { unit } from './unit.js';

export interface EndpointAttributeScorerOptions {
  readonly attribute: string;
  readonly lowerIsBetter: boolean;
  /** Between which the scores lie; undefined for what the candidates have. */
  readonly range: { readonly min: number; readonly max: number } | undefined;
}

/** Spreads scores over the values of an attribute; who does not say it gets 0. */
export class EndpointAttributeScorer implements Scorer {
  constructor(private readonly options: EndpointAttributeScorerOptions) {}

  score(_request: InferenceRequest, endpoints: Endpoints, scores: Float64Array): void {
    const { attribute, lowerIsBetter, range } = this.options;
    let least = Infinity;
    let most = -Infinity;
    for (let i = 0; i < endpoints.length; i++) {
      const value = endpoints[i]!.state.custom.get(attribute) ?? NaN;
      scores[i] = value;
      if (!Number.isFinite(value)) continue;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    if (range) ({ min: least, max: most } = range);
    const width = most - least;
    for (let i = 0; i < endpoints.length; i++) {
      const value = scores[i]!;
      if (Number.isNaN(value)) scores[i] = 0;
      else if (width > 0) scores[i] = place(unit((value - least) / width), lowerIsBetter);
      else scores[i] = 1;
    }
  }
}

function place(place: number, lowerIsBetter: boolean): number {
  return lowerIsBetter ? 1 - place : place;
}

const RANGE = z
  .strictObject({
    min: z.number().describe('Value from which scores begin.'),
    max: z.number().describe('Value at which they end.'),
  })
  .refine(({ min, max }) => min < max, { path: ['min'], error: 'must be less than max' });

const NORMALIZATION = z
  .strictObject({
    fixedRange: RANGE.optional(),
    adaptiveRange: z
      .strictObject({})
      .optional()
      .describe('The range of the candidates, as it is by default.'),
  })
  .refine(({ fixedRange, adaptiveRange }) => !fixedRange || !adaptiveRange, {
    error: 'takes one of fixedRange and adaptiveRange',
  });

export const endpointAttributeScorer = definePlugin({
  type: 'endpoint-attribute-scorer',
  kinds: ['scorer'],
  summary:
    'Prefers servers with a low, or a high, attribute: (value − min) / (max − min), or 1 − that; 0 for servers that do not say it.',
  parameters: z
    .strictObject({
      attributeKey: ATTRIBUTE_NAME,
      producer: ATTRIBUTE_PRODUCER,
      algorithm: z.strictObject({
        type: z
          .enum(['linear_lower_is_better', 'linear_higher_is_better'])
          .describe('Which end gets 1.'),
        normalization: NORMALIZATION.default({}),
      }),
    })
    .refine(({ attributeKey, producer }) => isUnambiguous(attributeKey, producer), {
      path: ['attributeKey'],
      error: AMBIGUOUS,
    }),
  references: ({ producer }) => attributeProducers(producer),
  create: ({ attributeKey: attribute, algorithm: { type, normalization } }) =>
    new EndpointAttributeScorer({
      attribute,
      lowerIsBetter: type === 'linear_lower_is_better',
      range: normalization.fixedRange,
    }),
});
