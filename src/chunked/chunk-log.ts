import type { Logger } from '../logging/logger.js';
import type { SidecarMetrics } from '../metrics/sidecar.metrics.js';
import type { Reservation } from '../proxy/buffer-budget.js';
import type { Exchange } from '../proxy/exchange.js';
import { TRACE_ATTRIBUTE } from '../tracing/attributes.js';
import type { ChunkObserver } from './chunked-answer.js';

/** Notes how an answer comes about: in metrics, its span and the memory that it takes. */
export class ChunkLog implements ChunkObserver {
  private chunks = 0;
  private accounted = 0;

  /** @param reservation of what is held until the answer ends */
  constructor(
    private readonly exchange: Exchange,
    private readonly reservation: Reservation,
    private readonly metrics: SidecarMetrics,
    private readonly logger: Logger,
  ) {}

  onBegin({ size, stream }: { readonly size: number; readonly stream: boolean }): void {
    this.exchange.decodeSpan?.set({
      [TRACE_ATTRIBUTE.chunkSize]: size,
      [TRACE_ATTRIBUTE.chunkStreaming]: stream,
    });
  }

  onChunk(tokens: number | undefined): void {
    this.chunks++;
    this.metrics.decodeChunk();
    this.exchange.decodeSpan?.event('chunk', { max_tokens: tokens });
  }

  onText(length: number): boolean {
    // The first answer was none that sends the request elsewhere: its body is not needed any more.
    this.exchange.releaseBody();
    try {
      this.reservation.grow(length - this.accounted);
    } catch {
      return false;
    }
    this.accounted = length;
    return true;
  }

  onUndivided(): void {
    this.metrics.decodeRestarted();
    this.exchange.decodeSpan?.event('undivided', {});
    this.logger.debug('decoded again in one piece', {
      requestId: this.exchange.facts.requestId,
      reason: 'the engine’s answer is none that another request can go on with',
    });
  }

  onOver(tokens: number | undefined): void {
    this.reservation.free();
    this.exchange.decodeSpan?.set({
      [TRACE_ATTRIBUTE.chunks]: this.chunks,
      [TRACE_ATTRIBUTE.chunkTokens]: tokens,
    });
  }
}
