import { Module } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { sidecarConfig } from '../config/sidecar.config.js';
import { clientTls } from '../tls/client-tls.js';
import { BufferBudget } from './buffer-budget.js';
import { ForwardService } from './forward.service.js';
import { Origins } from './origins.js';
import { TunnelService } from './tunnel.service.js';
import { UpstreamService } from './upstream.service.js';

type Config = ConfigType<typeof sidecarConfig>;

/** MOVE BYTES: to the engines and back to the client. */
@Module({
  providers: [
    ForwardService,
    TunnelService,
    {
      provide: UpstreamService,
      inject: [sidecarConfig.KEY],
      useFactory: (config: Config) => new UpstreamService(config.maxIdleConnsPerHost),
    },
    {
      provide: BufferBudget,
      inject: [sidecarConfig.KEY],
      useFactory: (config: Config) => new BufferBudget(config.maxBufferedBytes),
    },
    { provide: Origins, inject: [sidecarConfig.KEY], useFactory: origins },
  ],
  exports: [ForwardService, TunnelService, UpstreamService, BufferBudget, Origins],
})
export class ProxyModule {}

function origins({ modelServerPort, dataParallelSize, upstreamTls, caCert }: Config): Origins {
  const { prefiller, decoder, encoder } = upstreamTls;
  return new Origins({
    decoderPort: modelServerPort,
    ranks: dataParallelSize,
    decoderTls: decoder.enabled ? clientTls({ ...decoder, caCert }, 'localhost') : undefined,
    prefillerTls: prefiller.enabled
      ? (host) => clientTls({ ...prefiller, caCert }, host)
      : undefined,
    encoderTls: encoder.enabled ? (host) => clientTls({ ...encoder, caCert }, host) : undefined,
  });
}
