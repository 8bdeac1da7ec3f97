import { loadSidecarConfig, type LoadedSidecarConfig } from '../../config/load-sidecar-config.js';
import type { SettingSources } from '../../config/load-settings.js';
import { sidecarSettingsWith } from '../../config/sidecar.settings.js';
import { CONNECTOR_CATALOG } from '../../connector/connectors.js';

/** Everything that the sidecar can be told, what its connectors bring included. */
export const sidecarSettings = sidecarSettingsWith(CONNECTOR_CATALOG);

/** @throws ConfigError of one line */
export function loadSidecar(sources: SettingSources): LoadedSidecarConfig {
  return loadSidecarConfig(sources, CONNECTOR_CATALOG);
}
