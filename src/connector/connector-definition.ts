import type { ConfigOf, Settings } from '../config/setting.js';
import type { Spelling } from '../config/spelling.js';
import type { Connector } from './connector.js';
import type { ConnectorHost, ConnectorSite } from './connector-host.js';

/** What a protocol brings: its name, its settings, and a way to make its connector. */
export interface ConnectorDefinition<S extends Settings = Settings> {
  /** Value of `--kv-connector` and of `x-connector-protocol`. */
  readonly name: string;
  /** Flags, variables and file keys of its own; two connectors may share one and the same. */
  readonly settings: S;
  /** What to use instead, for a protocol that is on its way out. */
  readonly replacedBy?: string;
  /** Why no answer of its decodes can come out of several requests (`--decode-chunk-size`); left out where it can. */
  readonly indivisible?: string;
  /** It works only with settings that have no default: requests may not choose it unasked. */
  readonly needsSettings?: boolean;
  /** @returns the connector whose place it takes, when its settings say so */
  replaces?(settings: ConfigOf<S>): string | undefined;
  /** Called where requests may choose it. @throws ConfigError that names the settings and says the mend */
  check?(settings: ConfigOf<S>, site: ConnectorSite, named: Spelling): void;
  /** Called where no request may. @throws ConfigError likewise, for settings that would change what users expect of it */
  checkUnused?(settings: ConfigOf<S>, site: ConnectorSite, named: Spelling): void;
  create(settings: ConfigOf<S>, host: ConnectorHost): Connector;
}

/** @returns the definition, its settings typed by their table */
export function defineConnector<const S extends Settings>(
  definition: ConnectorDefinition<S>,
): ConnectorDefinition<S> {
  return definition;
}
