import type { Given } from './given.js';
import type { Settings } from './setting.js';
import type { ConnectorSettings, SidecarConfig } from './sidecar.config.js';
import type { Spelling } from './spelling.js';

/**
 * What the connectors bring to the configuration. They bring it from above (`connector/connector.registry.ts` is the
 * list), so that a new one changes nothing here.
 */
export interface ConnectorCatalog {
  /** Values of `--kv-connector`, the default first. */
  readonly names: readonly [string, ...string[]];
  /** Those that requests may choose where nothing is said: they need no further setting. */
  readonly allowed: readonly string[];
  /** The connectors' own settings. */
  readonly settings: Settings;
  /**
   * @param asked what `--kv-connector` says
   * @param settings the connectors' own, by camel-case name
   * @returns the connector that is meant: one may take another one's place by its own settings
   */
  meant(asked: string, settings: ConnectorSettings): string;
  /** @throws ConfigError when settings contradict each other, or ask for what no connector that may be used does */
  check(config: SidecarConfig, named: Spelling): void;
  /** @returns the connectors that a setting is for; none where it is not theirs */
  owners(key: string): readonly string[];
  /** @returns flags without effect for other reasons, each as spelled with that reason */
  useless?(config: SidecarConfig, given: ReadonlyMap<string, Given>): string[];
}

/** Flags of connectors that no request can choose: one log line each. */
export function uselessConnectorFlags(
  { allowedConnectors }: Pick<SidecarConfig, 'allowedConnectors'>,
  given: ReadonlyMap<string, Given>,
  connectors: ConnectorCatalog,
): string[] {
  return [...given.values()].flatMap(({ key, source, spelled }) => {
    const owners = source === 'flag' ? connectors.owners(key) : [];
    const isUsed = owners.length === 0 || owners.some((name) => allowedConnectors.includes(name));
    return isUsed ? [] : [`${spelled} (no effect without connector ${owners.join(' or ')})`];
  });
}
