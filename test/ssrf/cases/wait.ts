import type { World } from '../rig/world.js';
import { askOnce, messageOf } from './ask.js';

let count = 0;

/** @returns the status of a request with this prefiller */
export async function prefillStatus(world: World, target: string): Promise<number> {
  const bytes = messageOf(`ask-${++count}`, [`x-prefiller-host-port: ${target}`]);
  const { answer } = await askOnce(world.port, bytes);
  return answer.status;
}

/**
 * Asks until it is refused.
 *
 * @returns milliseconds from now until then
 * @throws Error when that does not happen in time
 */
export async function untilRefused(
  world: World,
  target: string,
  milliseconds: number,
): Promise<number> {
  const begin = performance.now();
  for (;;) {
    const status = await prefillStatus(world, target);
    const passed = performance.now() - begin;
    if (status === 403) return passed;
    if (passed > milliseconds) throw new Error(`${target} is ${status} after ${passed} ms`);
  }
}
