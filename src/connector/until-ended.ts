import { ExchangeEndedError } from '../proxy/exchange-ended.error.js';
import type { Exchange } from '../proxy/exchange.js';

/**
 * Waits for what others may be waiting for too.
 *
 * @throws ExchangeEndedError at once when the client leaves, or has left; it goes on for the others
 */
export function untilEnded<T>(exchange: Exchange, awaited: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stopWaiting = exchange.whenEnded(() => {
      reject(new ExchangeEndedError('the client has left'));
    });
    awaited.then(resolve, reject).finally(stopWaiting);
  });
}
