import type { Exchange } from '../proxy/exchange.js';

/** Requests that are worth nothing without each other: they end together, and with the exchange that they are for. */
export class CallGroup implements Pick<Exchange, 'ended' | 'whenEnded'> {
  ended = false;
  private readonly listeners = new Set<() => void>();
  /** The group is over: the exchange tells it nothing more. */
  readonly close: () => void;

  constructor(exchange: Pick<Exchange, 'whenEnded'>) {
    this.close = exchange.whenEnded(() => this.end());
  }

  /** Ends those that are under way; no further one starts. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }

  /** As `Exchange.whenEnded`. */
  whenEnded(listener: () => void): () => void {
    if (this.ended) listener();
    else this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
