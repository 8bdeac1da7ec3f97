import type { ScheduledEndpoint } from '../scheduled-endpoint.js';
import type { SchedulingResult } from '../scheduling-result.js';

/** The profile that picks who prefills, unless the handler's configuration names another one. */
const PREFILL_PROFILE = 'prefill';
/** Says who prefills, whatever the profile is called. */
const PREFILL_HEADER = 'x-prefiller-host-port';

/** @returns the endpoints that have the whole prompt in their caches afterwards: who decodes it, and who prefills it */
export function computedBy(result: SchedulingResult): readonly ScheduledEndpoint[] {
  const [decoder] = result.endpoints;
  if (result.profiles.size < 2) return [decoder];
  const prefiller = prefillerOf(result);
  return prefiller && prefiller !== decoder ? [decoder, prefiller] : [decoder];
}

/** @returns undefined where the prompt is prefilled by who decodes it */
export function prefillerOf({
  profiles,
  headers,
}: SchedulingResult): ScheduledEndpoint | undefined {
  const named = headers.find(([name]) => name === PREFILL_HEADER)?.[1];
  for (const [name, [first]] of profiles) {
    if (name === PREFILL_PROFILE || (named !== undefined && first?.id === named)) return first;
  }
  return undefined;
}
