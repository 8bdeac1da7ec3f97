import { loadSidecarConfig, type LoadedSidecarConfig } from '../../config/load-sidecar-config.js';
import type { SettingSources } from '../../config/load-settings.js';
import { sidecarSettingsWith } from '../../config/sidecar.settings.js';
import { CONNECTOR_CATALOG } from '../../connector/connectors.js';
import { ENCODER_SETTINGS } from '../../encoder/encoder.settings.js';
import { uselessEncoderFlags } from '../../encoder/useless-encoder-flags.js';

/** What is brought to the configuration from above it. */
const BROUGHT = {
  ...CONNECTOR_CATALOG,
  settings: { ...CONNECTOR_CATALOG.settings, ...ENCODER_SETTINGS },
  useless: uselessEncoderFlags,
};

/** Everything that the sidecar can be told, what its connectors bring included. */
export const sidecarSettings = sidecarSettingsWith(BROUGHT);

/** @throws ConfigError of one line */
export function loadSidecar(sources: SettingSources): LoadedSidecarConfig {
  return loadSidecarConfig(sources, BROUGHT);
}
