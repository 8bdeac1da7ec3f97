import { Injectable } from '@nestjs/common';
import { Logger } from '../../logging/logger.js';
import { SidecarMetrics } from '../../metrics/sidecar.metrics.js';
import type { Exchange } from '../../proxy/exchange.js';

/** Told of a prefill that left the decoder to compute the prompt itself. */
@Injectable()
export class PrefillObserver {
  constructor(
    private readonly metrics: SidecarMetrics,
    private readonly logger: Logger,
  ) {}

  withoutKvParams(exchange: Exchange): void {
    this.metrics.prefillWithoutKvParams();
    this.logger.warn('the prefiller answered without kv_transfer_params: decoding without them', {
      requestId: exchange.facts.requestId,
      prefiller: exchange.prefiller?.label,
    });
  }
}
