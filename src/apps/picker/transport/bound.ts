import { ListenError } from '../../../listener/bind.js';
import { bindingError } from '../../../listener/binding-error.js';

/**
 * @param flag that says at which port it listens
 * @throws ConfigError where it cannot
 */
export async function bound<T>(listen: () => Promise<T>, flag: string): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw error instanceof ListenError
      ? bindingError(error, { address: '--bind-address', port: flag })
      : error;
  }
}
