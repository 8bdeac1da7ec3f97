import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { camelCase } from '../../../config/setting.js';
import type { Connector } from '../../../connector/connector.js';
import { createConnector } from '../../../connector/connectors.js';
import {
  OTHER_CONNECTOR_SETTINGS,
  PAIR_CONNECTOR_SETTINGS,
} from '../../../connector/pair-settings.js';
import { Logger } from '../../../logging/logger.js';
import { RouterOptions } from '../router.options.js';
import { meantConnector } from './pair-connector-names.js';

/** No port of ours says anything of an engine's ranks. */
const SITE = { port: 0, dataParallelSize: 1, choosesDecoder: true };
const UNCOUNTED = {
  dnsReresolved: () => undefined,
  dnsAddressChanged: () => undefined,
  dnsLookupFailed: () => undefined,
};

/** The connector of `--kv-connector`. */
@Injectable()
export class PairConnector implements OnModuleInit, OnModuleDestroy {
  readonly name: string;
  readonly connector: Connector;

  /** @throws ConfigError when its settings contradict each other */
  constructor({ config }: RouterOptions, logger: Logger) {
    this.name = meantConnector(config.kvConnector);
    const all = config as unknown as Readonly<Record<string, unknown>>;
    const own = Object.keys(PAIR_CONNECTOR_SETTINGS).map(camelCase);
    this.connector = createConnector(
      this.name,
      { ...Object.fromEntries(own.map((key) => [key, all[key]])), ...OTHER_CONNECTOR_SETTINGS },
      { config: { ...SITE, kvConnector: this.name }, metrics: UNCOUNTED, logger },
      (key) => `--${key}`,
    );
  }

  /** @throws ConfigError when it cannot start */
  async onModuleInit(): Promise<void> {
    await this.connector.start?.();
  }

  onModuleDestroy(): void {
    this.connector.stop?.();
  }
}
