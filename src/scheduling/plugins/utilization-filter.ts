import * as z from 'zod';
import { definePlugin } from '../plugin-definition.js';
import type { Endpoints, Filter } from '../plugin.js';
import type { InferenceRequest } from '../inference-request.js';
import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import { keep } from '../keep.js';
import { IN_FLIGHT_PRODUCER_NAME } from './producer-names.js';

const VALUE_OF = {
  'active-requests': ({ inFlight }: ScheduledEndpoint) => inFlight,
  'running-requests': ({ state }: ScheduledEndpoint) => state.running,
  'waiting-queue': ({ state }: ScheduledEndpoint) => state.waiting,
  'kv-cache-utilization': ({ state }: ScheduledEndpoint) => state.kvUsage,
} as const;

const METRIC = z.enum([
  'active-requests',
  'running-requests',
  'waiting-queue',
  'kv-cache-utilization',
]);

const CONDITION = z
  .strictObject({ metric: METRIC, maxValue: z.number().min(0) })
  .refine(({ metric, maxValue }) => metric !== 'kv-cache-utilization' || maxValue <= 1, {
    path: ['maxValue'],
    error: 'must be from 0 to 1: it is a part of the cache',
  });

type Condition = z.infer<typeof CONDITION>;

/** Leaves out servers that are above a limit; what a server does not tell is 0. */
export class UtilizationFilter implements Filter {
  readonly saturates = true;
  private readonly passes: (endpoint: ScheduledEndpoint) => boolean;

  /**
   * @param conditions all of them must hold
   * @param fallsBack where none passes, all do
   */
  constructor(
    conditions: readonly Condition[],
    private readonly fallsBack: boolean,
  ) {
    const limits = conditions.map(({ metric, maxValue }) => ({
      valueOf: VALUE_OF[metric],
      maxValue,
    }));
    this.passes = (endpoint) => {
      for (let i = 0; i < limits.length; i++) {
        const { valueOf, maxValue } = limits[i]!;
        if (valueOf(endpoint) > maxValue) return false;
      }
      return true;
    };
  }

  filter(_request: InferenceRequest, endpoints: Endpoints): Endpoints {
    const kept = keep(endpoints, this.passes);
    return kept.length === 0 && this.fallsBack ? endpoints : kept;
  }
}

export const utilizationFilter = definePlugin({
  type: 'utilization-filter',
  kinds: ['filter'],
  summary:
    'Leaves out servers that are above a limit. Where that leaves none, the request gets 429, or all servers with fallbackOnEmpty.',
  parameters: z.strictObject({
    conditions: z
      .array(CONDITION)
      .min(1)
      .describe(
        '`metric` (active-requests, running-requests, waiting-queue, kv-cache-utilization) and `maxValue`; all must hold.',
      ),
    fallbackOnEmpty: z.boolean().default(false).describe('Where no server is left, keep all.'),
    inFlightLoadProducerName: IN_FLIGHT_PRODUCER_NAME,
  }),
  create: ({ conditions, fallbackOnEmpty }) => new UtilizationFilter(conditions, fallbackOnEmpty),
});
