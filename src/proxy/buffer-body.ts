import { readBody } from './body-buffer.js';
import { BodyMemory } from './body-memory.js';
import type { BufferBudget } from './buffer-budget.js';
import type { Exchange } from './exchange.js';

/** How the body of a request is held. */
export interface BodyHolding {
  readonly budget: BufferBudget;
  /** Bytes. */
  readonly limit: number;
  /** Called once it is certain that the body will be read, right before that. */
  readonly begin: () => void;
}

/**
 * Reads the body of a request once, and makes the exchange its owner.
 *
 * @throws what `readBody` throws
 */
export async function bufferBody(
  exchange: Exchange,
  { budget, limit, begin }: BodyHolding,
): Promise<Buffer> {
  const reservation = budget.open();
  exchange.reservation = reservation;
  const bytes = await readBody(exchange.request, {
    limit,
    reservation,
    begin,
    whenEnded: (listener) => exchange.whenEnded(listener),
  });
  exchange.requestBytes = bytes.length;
  exchange.body = new BodyMemory(bytes, () => reservation.free());
  return bytes;
}
