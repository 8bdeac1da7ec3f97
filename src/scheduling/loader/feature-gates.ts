import { ConfigError, quote } from '../../config/config-error.js';
import { suggestion } from '../../config/suggestion.js';

/** Gates and what they are where nothing is said. Those but flowControl have no effect here. */
const GATES: Readonly<Record<string, boolean>> = {
  flowControl: false,
  haPopulateNonLeaderDatastore: true,
  dataLayer: true,
  prepareDataPlugins: true,
};

const VALUES: Readonly<Record<string, boolean>> = { true: true, false: false };

/**
 * @param written `name`, `name=true` or `name=false`; of several that name one gate the last counts
 * @throws ConfigError on a gate that nobody knows, or another value
 */
export function readFeatureGates(
  written: readonly string[],
  source: string,
): ReadonlyMap<string, boolean> {
  const gates = new Map(Object.entries(GATES));
  for (const entry of written) {
    const [name = '', value = 'true'] = entry.split('=').map((part) => part.trim());
    if (!gates.has(name)) throw unknownGate(name, source);
    const on = VALUES[value.toLowerCase()];
    if (on === undefined || entry.split('=').length > 2) {
      throw new ConfigError(
        `${source}: feature gate ${quote(entry)}: write ${name}, ${name}=true or ${name}=false`,
      );
    }
    gates.set(name, on);
  }
  return gates;
}

function unknownGate(name: string, source: string): ConfigError {
  const known = Object.keys(GATES);
  const near = suggestion(name, known);
  const hint = near ? `did you mean ${near}?` : `there is ${known.join(', ')}`;
  return new ConfigError(`${source}: unknown feature gate ${quote(name)}; ${hint}`);
}
