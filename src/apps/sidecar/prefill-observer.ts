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

  /** @param missing the members that its answer lacks, as the log names them */
  withoutKvParams(exchange: Exchange, missing = 'kv_transfer_params'): void {
    this.metrics.prefillWithoutKvParams();
    this.logger.warn(`the prefiller answered without ${missing}: decoding without them`, {
      requestId: exchange.facts.requestId,
      prefiller: exchange.prefiller?.label,
    });
  }
}
