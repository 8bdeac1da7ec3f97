import { ExchangeEndedError } from '../proxy/exchange-ended.error.js';
import type { Exchange } from '../proxy/exchange.js';

/**
 * Waits between two attempts.
 *
 * @throws ExchangeEndedError at once when the client leaves
 */
export function pauseFor(exchange: Exchange, milliseconds: number): Promise<void> {
  if (milliseconds <= 0 && !exchange.ended) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      stopWaiting();
      resolve();
    }, milliseconds);
    const stopWaiting = exchange.whenEnded(() => {
      clearTimeout(timer);
      reject(new ExchangeEndedError('the client has left'));
    });
  });
}
