import { GENERATE_PATHS } from '../../src/openai/api.js';
import type { SidecarConfig } from '../../src/config/sidecar.config.js';
import { ConnectorTools } from '../../src/connector/connector-tools.js';
import { SilentLogger } from '../../src/logging/silent-logger.js';
import { SidecarMetrics } from '../../src/metrics/sidecar.metrics.js';
import { loadConfig } from './sidecar-config.js';

/** What connectors are made with. @param config changes to the default one */
export function connectorTools(config: Partial<SidecarConfig> = {}): ConnectorTools {
  return new ConnectorTools(
    { ...loadConfig().config, ...config },
    new SidecarMetrics(GENERATE_PATHS),
    new SilentLogger(),
  );
}
