import { ProxyError } from '../errors/proxy.error.js';

/** What one request holds of the budget. */
export interface Reservation {
  /**
   * Takes nothing yet: who says how much is to come may never send it.
   *
   * @throws ProxyError buffers_full when the budget could not give that many more bytes at the moment, and
   *   body_over_budget when it never could
   */
  expect(bytes: number): void;
  /** @throws ProxyError as {@link expect} does when the budget does not give that many more bytes */
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
      expect: (bytes) => this.expect(bytes, mine),
      grow: (bytes) => {
        this.take(bytes, mine);
        mine += bytes;
      },
      free: () => {
        this.give(mine);
        mine = 0;
      },
    };
  }

  /**
   * For who counts by himself what he has taken, and gives it back.
   *
   * @param mine bytes that he has already
   * @throws ProxyError as {@link Reservation.expect} does when there are not that many more
   */
  take(bytes: number, mine: number): void {
    this.expect(bytes, mine);
    this.used += bytes;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }

  private expect(bytes: number, mine: number): void {
    if (this.used + bytes <= this.limit) return;
    const detail = `${bytes} more bytes, ${this.used} of ${this.limit} are held`;
    throw new ProxyError(mine + bytes > this.limit ? 'body_over_budget' : 'buffers_full', detail);
  }
}
