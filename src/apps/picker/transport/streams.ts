import type { CallHandler, GrpcCall } from '../../../grpc/grpc-call.js';
import type { PickerMetrics } from '../../../metrics/picker.metrics.js';

/** The streams that are open: counted, and waited for. */
export class Streams {
  private readonly open = new Set<GrpcCall>();
  private emptied: (() => void) | undefined;
  private refuses = false;

  constructor(private readonly metrics: PickerMetrics) {}

  get size(): number {
    return this.open.size;
  }

  /** No more are begun: proxies send them elsewhere. */
  refuse(): void {
    this.refuses = true;
  }

  serve(call: GrpcCall, handler: CallHandler): void {
    if (this.refuses) return call.refuse();
    const began = performance.now();
    this.open.add(call);
    this.metrics.streamOpened();
    call.whenClosed((code) => {
      this.open.delete(call);
      this.metrics.streamClosed(code, (performance.now() - began) / 1000);
      if (this.open.size === 0) this.emptied?.();
    });
    call.serve(handler);
  }

  /** @returns when no stream is open, or after so many milliseconds; whether none is open */
  async drained(ms: number): Promise<boolean> {
    if (this.open.size === 0) return true;
    const done = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => done.resolve(false), ms);
    this.emptied = () => done.resolve(true);
    const isEmpty = await done.promise;
    clearTimeout(timer);
    this.emptied = undefined;
    return isEmpty;
  }
}
