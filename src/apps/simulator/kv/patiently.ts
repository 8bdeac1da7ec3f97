import { GenerationError } from '../engine/engine-error.js';

/**
 * @param patience milliseconds
 * @throws GenerationError with `otherwise` when it takes longer; the signal's reason
 */
export function patiently<T>(
  waited: Promise<T>,
  patience: number,
  signal: AbortSignal,
  otherwise: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new GenerationError(otherwise)), patience);
    const leave = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    void waited.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    });
  });
}
