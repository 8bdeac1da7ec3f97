import { ExchangeEndedError } from '../proxy/exchange-ended.error.js';
import type { Exchange } from '../proxy/exchange.js';

/**
 * Waits between two attempts.
 *
 * @returns undefined when there is nothing to wait for
 * @throws ExchangeEndedError at once when the client leaves, or has left
 */
export function pauseFor(exchange: Exchange, milliseconds: number): Promise<void> | undefined {
  if (milliseconds <= 0 && !exchange.ended) return undefined;
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
