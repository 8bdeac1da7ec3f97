import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { loadSettings } from '../../config/load-settings.js';
import type { Logger } from '../../logging/logger.js';
import { bind } from '../../listener/bind.js';
import { SilentLogger } from '../../logging/silent-logger.js';
import { drain } from './drain.js';
import { Embeddings } from './ec/embeddings.service.js';
import { Engine } from './engine/engine.service.js';
import { SimulatorModule } from './simulator.module.js';
import { SimulatorOptions } from './simulator.options.js';
import { simulatorSettings, type SimulatorConfig } from './simulator.settings.js';

export interface StartOptions extends Partial<SimulatorConfig> {
  /** Nothing is logged without one. */
  readonly logger?: Logger;
  /** Called when malformed hand-over parameters kill the engine. */
  readonly onEngineDeath?: () => void;
}

/** A simulator that listens. */
export interface RunningSimulator {
  readonly port: number;
  readonly sideChannelPort: number;
  readonly bootstrapPort: number;
  readonly p2pPort: number;
  /** Of Mooncake's bootstrap server; 0 where there is none. */
  readonly mooncakePort: number;
  /** Where consumers fetch embeddings. */
  readonly ecPort: number;
  /** Of the publisher of KV events and of its replay; 0 where there is none. */
  readonly kvEventPorts: { readonly events: number; readonly replay: number };
  /** Of MoRI-IO; 0 with another connector. */
  readonly moriioNotifyPort: number;
  readonly moriioHandshakePort: number;
  /** `127.0.0.1:port` */
  readonly address: string;
  readonly engineId: string;
  /** @returns what `/metrics` says */
  metrics(): string;
  /** @returns when requests in flight have ended, or `--shutdown-timeout` is over; new ones are refused */
  drain(): Promise<void>;
  /** Cuts what is under way and frees both ports. */
  close(): Promise<void>;
}

/** How a simulator runs inside of a test: at once, on ports that the system chooses. */
const QUICK: Partial<SimulatorConfig> = {
  port: 0,
  timeToFirstToken: 0,
  prefillTokensPerSecond: 0,
  interTokenLatency: 0,
  kvTransferTime: 0,
};

/**
 * Starts a simulator in this process.
 *
 * @param options settings in camel case; those left out have their defaults, times are 0 and ports
 *   chosen by the system
 * @throws ListenError when a port cannot be had
 */
export async function startSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const { logger = new SilentLogger(), onEngineDeath, ...settings } = options;
  const { config: defaults } = loadSettings(simulatorSettings, { argv: [], env: {} });
  const config = { ...defaults, ...QUICK, ...settings };
  const module = SimulatorModule.of(new SimulatorOptions(config, onEngineDeath), logger);
  // Nest would look for one in node_modules, past the bundle.
  const adapter = new ExpressAdapter();
  const app = await NestFactory.create<NestExpressApplication>(module, adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.set('etag', false);
  const engine = app.get(Engine);
  const server = app.getHttpServer();
  server.requestTimeout = 0;
  server.keepAliveTimeout = 75_000;
  await app.init();
  const sideChannelPort = await engine.handOver.listen();
  const { disaggregationBootstrapPort, sideChannelHost } = config;
  const bootstrapPort = await engine.rooms.listen(disaggregationBootstrapPort, sideChannelHost);
  const p2pPort = await engine.peers.listen();
  const mooncakePort = await engine.mooncake.listen();
  const moriioPorts = await engine.moriio.listen();
  await engine.kvEvents.listen();
  const embeddings = app.get(Embeddings);
  const ecPort = await embeddings.listen();
  const { port } = await bind(server, config.port, config.host);
  return {
    port,
    sideChannelPort,
    bootstrapPort,
    p2pPort,
    mooncakePort,
    moriioNotifyPort: moriioPorts.notify,
    moriioHandshakePort: moriioPorts.handshake,
    ecPort,
    kvEventPorts: engine.kvEvents.ports,
    address: `127.0.0.1:${port}`,
    engineId: engine.handOver.engineId,
    metrics: () => engine.exposeMetrics(),
    drain: () => drain(server, config.shutdownTimeout),
    close: async () => {
      server.closeAllConnections();
      await engine.close();
      await embeddings.close();
      await app.close();
    },
  };
}
