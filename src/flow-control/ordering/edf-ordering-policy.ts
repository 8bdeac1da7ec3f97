import * as z from 'zod';
import { definePlugin } from '../../scheduling/plugin-definition.js';
import type { FlowRequest } from '../admission.js';
import type { OrderingPolicy } from '../ordering-policy.js';

/** Earliest deadline first: who would be refused first for waiting too long. */
export class EdfOrdering implements OrderingPolicy {
  rank(_request: FlowRequest, enqueuedAt: number, ttl: number): number {
    return enqueuedAt + ttl;
  }
}

export const edfOrderingPolicy = definePlugin({
  type: 'edf-ordering-policy',
  kinds: ['ordering-policy'],
  summary: 'The request of a flow goes first whose time in the queue is over first.',
  parameters: z.strictObject({}),
  create: () => new EdfOrdering(),
});
