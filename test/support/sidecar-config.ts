import type { SettingSources } from '../../src/config/load-settings.js';
import type { LoadedSidecarConfig } from '../../src/config/load-sidecar-config.js';
import { loadSidecar, sidecarSettings } from '../../src/apps/sidecar/sidecar.settings.js';

/** The configuration as the program loads it, for tests of rooms that know nothing of programs. */
export function loadConfig(sources: SettingSources = { argv: [], env: {} }): LoadedSidecarConfig {
  return loadSidecar(sources);
}

/** The table itself. */
export const settings = sidecarSettings;
