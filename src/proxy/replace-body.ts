import { byteLength, type BodySlices } from '../openai/json-splice.js';
import { BodyMemory } from './body-memory.js';
import { takeBody } from './body-pool.js';
import type { BufferBudget } from './buffer-budget.js';
import type { Exchange } from './exchange.js';

/**
 * Makes an edited body the request's: from then on legs are made of it, and the client's own is given back.
 *
 * Both count for the budget until nobody holds the client's any more.
 *
 * @param edited slices of the client's body, which the exchange holds, and of new values
 * @returns the edited body in one piece
 * @throws ProxyError as a reservation does when there is no room for both
 */
export function replaceBody(exchange: Exchange, edited: BodySlices, budget: BufferBudget): Buffer {
  const length = byteLength(edited);
  const reservation = budget.open();
  reservation.grow(length);
  const body = takeBody(length);
  let at = 0;
  for (const slice of edited) {
    body.set(slice, at);
    at += slice.length;
  }
  exchange.body!.release();
  exchange.body = new BodyMemory(body, () => reservation.free());
  return body;
}
