import type { Given } from './given.js';

/**
 * How a setting was given, for a message about it: the first of the keys that was given at all, as it was
 * spelled; else the flag of the first.
 */
export type Spelling = (...keys: [string, ...string[]]) => string;

export function spellingOf(given: ReadonlyMap<string, Given>): Spelling {
  return (...keys) => {
    const found = keys.find((key) => given.has(key));
    return found === undefined ? `--${keys[0]}` : given.get(found)!.spelled;
  };
}
