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
    const expect = (bytes: number): void => {
      if (this.used + bytes <= this.limit) return;
      const detail = `${bytes} more bytes, ${this.used} of ${this.limit} are held`;
      throw new ProxyError(mine + bytes > this.limit ? 'body_over_budget' : 'buffers_full', detail);
    };
    return {
      expect,
      grow: (bytes) => {
        expect(bytes);
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
