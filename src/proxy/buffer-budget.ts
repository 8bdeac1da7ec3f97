import { ProxyError } from '../errors/proxy.error.js';

/** What one request holds of the budget. */
export interface Reservation {
  /** @throws ProxyError buffers_full when the budget does not give that many more bytes */
  grow(bytes: number): void;
  /** Gives everything back; does nothing the second time. */
  free(): void;
}

/** The memory that all buffered bodies together may take (`--max-buffered-bytes`). */
export class BufferBudget {
  private used = 0;

  /** @param limit bytes */
  constructor(private readonly limit: number) {}

  /** Bytes held at the moment. */
  get held(): number {
    return this.used;
  }

  open(): Reservation {
    let mine = 0;
    return {
      grow: (bytes) => {
        if (this.used + bytes > this.limit) {
          throw new ProxyError('buffers_full', `${this.used} of ${this.limit} bytes are held`);
        }
        this.used += bytes;
        mine += bytes;
      },
      free: () => {
        this.used -= mine;
        mine = 0;
      },
    };
  }
}
