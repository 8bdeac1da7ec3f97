import type { Given } from '../config/given.js';
import type { SidecarConfig } from '../config/sidecar.config.js';
import { encodes } from './encoder.settings.js';

const NAME = 'encoder';
/** Those that speak of encoders alone. */
const OWN = new Set(['encoder-connect-timeout', 'encoder-timeout', 'encoder-tls-server-name']);
/** Those that name encoders among others. */
const LISTS = new Set(['enable-tls', 'tls-insecure-skip-verify']);

/** Flags about encoders where none is asked: one log line each. */
export function uselessEncoderFlags(
  config: Pick<SidecarConfig, 'connectorSettings'>,
  given: ReadonlyMap<string, Given>,
): string[] {
  if (encodes(config)) return [];
  return [...given.values()]
    .filter(({ key, value, source }) => source === 'flag' && speaksOfEncoders(key, value))
    .map(({ key, spelled }) => {
      const said = LISTS.has(key) ? `${spelled}=${NAME}` : spelled;
      return `${said} (no effect without --ec-connector)`;
    });
}

function speaksOfEncoders(key: string, value: unknown): boolean {
  if (LISTS.has(key)) return (value as readonly string[]).includes(NAME);
  return OWN.has(key);
}
