import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { integer, type Kind } from './kinds.js';

/** More processes than any machine has use for. */
const MOST = 256;

/**
 * A number of processes; `auto` stands for the cores that this process may use.
 *
 * @param cores by affinity and the control group's quota, as Node tells
 */
export function workerCount(cores = availableParallelism()): Kind<number> {
  const count = z.int().min(1).max(MOST);
  return {
    schema: z
      .union([count, z.literal('auto')])
      .transform((value) => (value === 'auto' ? Math.min(cores, MOST) : value)),
    fromText: integer().fromText,
    shape: 'scalar',
    placeholder: 'N|auto',
    expects: `a whole number from 1 to ${MOST}, or auto`,
  };
}
