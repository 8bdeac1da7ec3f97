import type { ProcessingResponse } from './ext-proc-messages.js';

const ADD_IF_ABSENT = 1;
const OVERWRITE_IF_EXISTS = 3;

/**
 * Changes headers as Envoy's ext_proc filter does: first what is removed, then what is set.
 *
 * @param headers names in lower case
 * @returns changed ones
 */
export function applyMutation(
  headers: ReadonlyMap<string, string>,
  { removeHeaders, setHeaders }: Pick<ProcessingResponse, 'removeHeaders' | 'setHeaders'>,
): Map<string, string> {
  const changed = new Map(headers);
  for (const name of removeHeaders) {
    if (!isProtected(name)) changed.delete(name.toLowerCase());
  }
  for (const { name, value, action } of setHeaders) {
    const key = name.toLowerCase();
    if (action === ADD_IF_ABSENT && changed.has(key)) continue;
    if (action === OVERWRITE_IF_EXISTS && !changed.has(key)) continue;
    changed.set(key, value);
  }
  return changed;
}

/** Envoy lets nobody remove these. */
function isProtected(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}
