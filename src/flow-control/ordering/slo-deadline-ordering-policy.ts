import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { FlowRequest } from '../admission.js';
import type { OrderingPolicy } from '../ordering-policy.js';

/** By when the first token is wanted; requests that do not say go last. */
export class SloDeadlineOrdering implements OrderingPolicy {
  rank({ receivedAt, sloTtftMs }: FlowRequest): number {
    return receivedAt + (sloTtftMs ?? Infinity);
  }
}

export const sloDeadlineOrderingPolicy = definePlugin({
  type: 'slo-deadline-ordering-policy',
  kinds: ['ordering-policy'],
  summary:
    'The request of a flow goes first whose first token is wanted first (x-llm-d-slo-ttft-ms).',
  parameters: z.strictObject({}),
  create: () => new SloDeadlineOrdering(),
});
