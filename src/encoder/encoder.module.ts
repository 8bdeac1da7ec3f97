import { Module } from '@nestjs/common';
import { ProxyModule } from '../proxy/proxy.module.js';
import { SsrfModule } from '../ssrf/ssrf.module.js';
import { EncodeService } from './encode.service.js';

/** WHO ENCODES WHAT IS NO TEXT? The list of protocols is in `ec-connectors.ts`. */
@Module({
  imports: [ProxyModule, SsrfModule],
  providers: [EncodeService],
  exports: [EncodeService],
})
export class EncoderModule {}
