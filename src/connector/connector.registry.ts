import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Connector } from './connector.js';
import { ConnectorTools } from './connector-tools.js';
import { CONNECTORS } from './connectors.js';

/** The connectors that requests may choose from. */
@Injectable()
export class ConnectorRegistry implements OnModuleInit, OnModuleDestroy {
  /** The one for requests that do not choose. */
  readonly fallback: string;
  private readonly enabled: ReadonlyMap<string, Connector>;

  /** @param tools of their configuration: `allowedConnectors`, `kvConnector` and their own settings */
  constructor(tools: ConnectorTools) {
    const { allowedConnectors, kvConnector, connectorSettings } = tools.config;
    this.fallback = kvConnector;
    this.enabled = new Map(
      CONNECTORS.filter(({ name }) => name === kvConnector || allowedConnectors.includes(name)).map(
        ({ name, create }) => [name, create(connectorSettings as never, tools)],
      ),
    );
  }

  /** @returns the connector of that name, undefined when there is none or it is not enabled */
  find(name: string): Connector | undefined {
    return this.enabled.get(name);
  }

  /** @throws ConfigError when one of them cannot start */
  async onModuleInit(): Promise<void> {
    for (const connector of this.enabled.values()) await connector.start?.();
  }

  onModuleDestroy(): void {
    for (const connector of this.enabled.values()) connector.stop?.();
  }
}
