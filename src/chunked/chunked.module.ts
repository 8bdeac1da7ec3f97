import { Module } from '@nestjs/common';
import { ProxyModule } from '../proxy/proxy.module.js';
import { ChunkedDecode } from './chunked-decode.service.js';

/** DECODE IN CHUNKS: one answer out of several requests to the decoder. */
@Module({
  imports: [ProxyModule],
  providers: [ChunkedDecode],
  exports: [ChunkedDecode],
})
export class ChunkedModule {}
