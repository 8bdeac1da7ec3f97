import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { keep } from '../keep.js';

const KEY = z.string().min(1);
const VALUES = z.array(z.string());

const EXPRESSION = z.discriminatedUnion('operator', [
  z.strictObject({ key: KEY, operator: z.enum(['In', 'NotIn']), values: VALUES.min(1) }),
  z.strictObject({
    key: KEY,
    operator: z.enum(['Exists', 'DoesNotExist']),
    values: VALUES.max(0).optional(),
  }),
]);

type Expression = z.infer<typeof EXPRESSION>;
type Test = (labels: ScheduledEndpoint['labels']) => boolean;

/** Lets through the servers that a label selector of Kubernetes selects; one that says nothing selects all. */
export class LabelSelectorFilter implements Filter {
  private readonly passes: (endpoint: ScheduledEndpoint) => boolean;

  constructor(
    matchLabels: Readonly<Record<string, string>>,
    matchExpressions: readonly Expression[],
  ) {
    const wanted = Object.entries(matchLabels).map(
      ([key, value]): Test =>
        (labels) =>
          labels[key] === value,
    );
    const tests = [...wanted, ...matchExpressions.map(testOf)];
    this.passes = ({ labels }) => {
      for (let i = 0; i < tests.length; i++) if (!tests[i]!(labels)) return false;
      return true;
    };
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    return keep(endpoints, this.passes);
  }
}

/** A label that is not there is in no set, and not in every set. */
function testOf({ key, operator, values }: Expression): Test {
  const named = new Set(values);
  switch (operator) {
    case 'In':
      return (labels) => labels[key] !== undefined && named.has(labels[key]);
    case 'NotIn':
      return (labels) => labels[key] === undefined || !named.has(labels[key]);
    case 'Exists':
      return (labels) => labels[key] !== undefined;
    case 'DoesNotExist':
      return (labels) => labels[key] === undefined;
  }
}

export const labelSelectorFilter = definePlugin({
  type: 'label-selector-filter',
  aliases: ['by-label-selector'],
  kinds: ['filter'],
  summary: 'Keeps servers that a label selector selects, as Kubernetes reads it.',
  parameters: z.strictObject({
    matchLabels: z
      .record(z.string(), z.string())
      .default({})
      .describe('Labels and their values; all must match.'),
    matchExpressions: z
      .array(EXPRESSION)
      .default([])
      .describe('`key`, `operator` (In, NotIn, Exists, DoesNotExist) and `values`; all must hold.'),
  }),
  create: ({ matchLabels, matchExpressions }) =>
    new LabelSelectorFilter(matchLabels, matchExpressions),
});
