import { totalmem } from 'node:os';

/**
 * Bytes of memory that this process may use: the control group's limit where there is one, else the
 * machine's memory. Without a limit Node says 0 or more than the machine has.
 */
export function memoryLimit(
  constrained: number = process.constrainedMemory(),
  total: number = totalmem(),
): number {
  return constrained > 0 && constrained < total ? constrained : total;
}
